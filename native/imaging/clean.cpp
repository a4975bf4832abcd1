// Cotton-Schwab clean (Schwab 1984, AJ 89, 1076), cycle after cycle:
//
//   1. Each pixel has a level below which it is left alone: `mask_sigma` sigma, or `threshold_sigma` sigma where the
//      model has a component already; never below `threshold_jy`, and in one cycle never below (1 - major_gain) peak.
//   2. Components are taken from the pixels above their levels (point_components.cpp, scale_components.cpp).
//   3. The residual is computed anew from the visibilities, and with it sigma, which falls as sidelobes go.
//
// A cycle does not go below the sidelobes that it cannot subtract: those of sources farther apart than half the image,
// which the PSF does not reach. They are about as high as the PSF is at its border. Sidelobes inside set no limit
// (as they do in Clark's paper): they are removed with their source, not mistaken for one.
#include "imaging/clean.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>

#include "core/error.h"
#include "core/nd_array.h"
#include "imaging/component_finder.h"
#include "imaging/image_statistics.h"

namespace contimg::imaging {
namespace {

/// Largest absolute value of the PSF in its outermost eighth on each side, of what of it is not 0.
double border_sidelobe(NdView<const float, 2> psf) {
  std::size_t top = psf.shape(0), bottom = 0, left = psf.shape(1), right = 0;
  for (std::size_t y = 0; y < psf.shape(0); ++y)
    for (std::size_t x = 0; x < psf.shape(1); ++x) {
      if (psf(y, x) == 0) continue;
      top = std::min(top, y), bottom = std::max(bottom, y + 1);
      left = std::min(left, x), right = std::max(right, x + 1);
    }
  const std::size_t ny = bottom - top, nx = right - left;
  float highest = 0;
  for (std::size_t y = top; y < bottom; ++y)
    for (std::size_t x = left; x < right; ++x)
      if (std::min(y - top, bottom - 1 - y) < ny / 8 || std::min(x - left, right - 1 - x) < nx / 8)
        highest = std::max(highest, std::abs(psf(y, x)));
  return highest;
}

/// The state of the residual and the model after a cycle.
CleanCycle state_of(NdView<const float, 2> residual, NdView<const float, 2> model) {
  CleanCycle cycle;
  for (const float flux : model) cycle.model_flux_jy += flux;
  cycle.peak_jy = peak_absolute(residual);
  cycle.rms_jy = mad_sigma(residual);
  return cycle;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void check_mask(NdView<const std::uint8_t, 2> mask, NdView<const float, 2> image) {
  if (mask.empty()) return;
  if (mask.shape() != image.shape())
    throw Error(code::kInvalidArgument, "Expected a mask of " + std::to_string(image.shape(0)) + " rows by " +
                                            std::to_string(image.shape(1)) + " columns, as the image, but received " +
                                            std::to_string(mask.shape(0)) + " by " + std::to_string(mask.shape(1)));
  if (std::all_of(mask.begin(), mask.end(), [](std::uint8_t value) { return value == 0; }))
    throw Error(code::kInvalidArgument, "Expected a mask with pixels to clean but all of it is 0");
}

/// Largest magnitude within the mask.
double peak_in_mask(NdView<const float, 2> residual, NdView<const std::uint8_t, 2> mask) {
  float peak = 0;
  for (std::size_t i = 0; i < residual.size(); ++i)
    if (mask.empty() || mask.data()[i] != 0) peak = std::max(peak, std::abs(residual.data()[i]));
  return peak;
}

constexpr double kDivergence = 1.5;  // growth of the peak in a cycle; noise alone makes it grow a little
// A model that is nearly as negative as it is positive, and changes more and more for little, is none of the sky.
constexpr double kMostNegative = 0.7, kPoorCycle = 0.5;
constexpr double kNearly = 1.25;  // times its level: not worth another cycle

/// Sums of a model's positive and negative pixels, and of the magnitudes of what it has more than before, Jy.
struct SignedFlux {
  double positive = 0, negative = 0, added = 0;
};

SignedFlux signed_flux(NdView<const float, 2> model, NdView<const float, 2> before) {
  SignedFlux flux;
  for (std::size_t i = 0; i < model.size(); ++i) {
    const double pixel = model.data()[i];
    (pixel > 0 ? flux.positive : flux.negative) += std::abs(pixel);
    flux.added += std::abs(pixel - before.data()[i]);
  }
  return flux;
}

/// Largest magnitude where the model has components.
double peak_of(NdView<const float, 2> residual, NdView<const float, 2> model) {
  float peak = 0;
  for (std::size_t i = 0; i < residual.size(); ++i)
    if (model.data()[i] != 0) peak = std::max(peak, std::abs(residual.data()[i]));
  return peak;
}

/// Progress: the way from the first peak to the final level, in orders of magnitude.
/// @param over_level  highest pixel over its level, at first and now
double fraction_done(double first_over_level, double over_level) {
  if (!(over_level > 1) || !(first_over_level > 1)) return 1;
  if (!std::isfinite(first_over_level)) return 0;
  return std::clamp(1 - std::log(over_level) / std::log(first_over_level), 0.0, 1.0);
}

}  // namespace

CleanResult clean(NdView<const float, 2> psf, NdView<float, 2> residual, NdView<float, 2> model,
                  const CleanOptions& options, const ResidualOf& residual_of, const JobContext& context) {
  check_mask(options.mask, residual);
  CleanResult result;
  auto kept_model = NdArray<float, 2>::uninitialized(model.shape());
  auto kept_residual = NdArray<float, 2>::uninitialized(model.shape());
  const auto finder = (options.scales.empty() ? find_points : find_scales)(psf, model, options);
  const double lowest_part = std::min(0.9, std::max(1 - options.major_gain, 1.5 * border_sidelobe(psf)));
  std::size_t n_left = options.max_iterations;
  double done = 0, first_over_level = 0;
  bool went_to_levels = false;
  double added_before = 0;  // Jy, in the cycle before
  for (std::size_t n_cycles = 0;; ++n_cycles) {
    const auto start = std::chrono::steady_clock::now();
    const ComponentFinder::Outlook outlook = finder->prepare(residual, lowest_part);
    if (n_cycles == 0) first_over_level = outlook.over_level;
    done = std::max(done, fraction_done(first_over_level, outlook.over_level));
    context.checkpoint(done);
    // What little a cycle down to the levels leaves above them, risen by sidelobes, is not worth another cycle.
    if (!outlook.anything || (went_to_levels && outlook.over_level <= kNearly)) break;
    result.stop = n_left == 0 ? CleanStop::kIterations : CleanStop::kMajorCycles;
    if (n_left == 0 || n_cycles == options.max_major_cycles) break;

    std::copy(model.begin(), model.end(), kept_model.begin());
    std::copy(residual.begin(), residual.end(), kept_residual.begin());
    const double peak = peak_in_mask(residual, options.mask);
    const std::size_t n = finder->run(residual, model, n_left, context);
    residual_of(model, residual, context.part(done, done));  // else progress would run backwards
    const SignedFlux flux = signed_flux(model, kept_model.view());
    const bool is_no_sky = flux.negative > kMostNegative * flux.positive && !outlook.to_levels && n_cycles > 0 &&
                           flux.added > added_before &&
                           peak_of(residual, model) > kPoorCycle * peak_of(kept_residual.view(), model);
    added_before = flux.added;
    if (is_no_sky || !(peak_in_mask(residual, options.mask) <= kDivergence * peak)) {
      std::copy(kept_model.begin(), kept_model.end(), model.begin());
      std::copy(kept_residual.begin(), kept_residual.end(), residual.begin());
      result.stop = CleanStop::kDiverged;
      break;
    }
    CleanCycle cycle = state_of(residual, model);
    cycle.n_components = n;
    cycle.seconds = seconds_since(start);
    result.cycles.push_back(cycle);
    result.stop = CleanStop::kThreshold;
    n_left -= n;
    went_to_levels = outlook.to_levels && n_left > 0;
  }
  context.checkpoint(1);
  return result;
}

}  // namespace contimg::imaging
