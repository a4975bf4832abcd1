// Cotton-Schwab clean (Schwab 1984, AJ 89, 1076), the minor cycles after Clark (1980, A&A 89, 377):
//
//   1. Each pixel has a level below which it is left alone: `mask_sigma` sigma, or `threshold_sigma` sigma where the
//      model has a component already; never below `threshold_jy`, and in one cycle never below (1 - major_gain) peak.
//   2. A minor cycle takes `gain` of the highest pixel above its level into the model and subtracts the PSF, until no
//      pixel is above its level. It keeps up to date only the active pixels: the kMaxActive highest ones, but all that
//      are above their level. The others would have to rise by sidelobes from below all of these to be missed, and then
//      they wait for the next cycle. Up to kMaxActive pixels in all, this is Hogbom's algorithm exactly.
//   3. The residual is computed anew from the visibilities, and with it sigma, which falls as sidelobes go.
//
// A cycle does not go below the sidelobes that it cannot subtract: those of sources farther apart than half the image,
// which the PSF does not reach. They are about as high as the PSF is at its border. Sidelobes inside set no limit
// (as they do in Clark's paper): they are removed with their source, not mistaken for one.
#include "imaging/clean.h"

#include <algorithm>
#include <cmath>

#include "core/nd_array.h"
#include "imaging/image_statistics.h"

namespace contimg::imaging {
namespace {

struct Pixel {
  int y, x;
};

/// The pixels that may become components in one minor cycle.
struct ActivePixels {
  std::vector<Pixel> where;
  std::vector<float> value;  ///< residual, kept up to date
  std::vector<float> level;  ///< cleaned while |value| exceeds it
};

/// Levels of a cycle, Jy/beam.
struct Levels {
  double blank = 0;      ///< for pixels without a component
  double component = 0;  ///< for pixels with one
};

Levels levels_of(const CleanOptions& options, double sigma) {
  return {std::max(options.threshold_jy, options.mask_sigma * sigma),
          std::max(options.threshold_jy, options.threshold_sigma * sigma)};
}

constexpr std::size_t kMaxActive = std::size_t{1} << 17;  // a component costs 0.1 ms then

/// The value that kMaxActive pixels exceed in magnitude; below 0 where there are not so many.
float active_level(NdView<const float, 2> residual) {
  if (residual.size() <= kMaxActive) return -1;
  std::vector<float> magnitudes(residual.size());
  std::transform(residual.begin(), residual.end(), magnitudes.begin(), [](float v) { return std::abs(v); });
  const auto nth = magnitudes.end() - static_cast<std::ptrdiff_t>(kMaxActive);
  std::nth_element(magnitudes.begin(), nth, magnitudes.end());
  return *nth;
}

/// @param floor  lowest level of this cycle, Jy/beam
ActivePixels select(NdView<const float, 2> residual, NdView<const float, 2> model, const Levels& levels, double floor) {
  ActivePixels active;
  const float kept_above = active_level(residual);
  const std::size_t nx = residual.shape(1);
  for (std::size_t i = 0; i < residual.size(); ++i) {
    const float level = static_cast<float>(std::max(floor, model.data()[i] != 0 ? levels.component : levels.blank));
    const float value = residual.data()[i];
    if (!(std::abs(value) > std::min(level, kept_above))) continue;
    active.where.push_back({static_cast<int>(i / nx), static_cast<int>(i % nx)});
    active.value.push_back(value);
    active.level.push_back(level);
  }
  return active;
}

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// Subtracts `flux` times the PSF at `center` from the active pixels.
/// @returns the index of the highest active pixel above its level then, or kNone
std::size_t subtract(ActivePixels& active, NdView<const float, 2> psf, Pixel center, float flux) {
  const int ny = static_cast<int>(psf.shape(0)), nx = static_cast<int>(psf.shape(1));
  const int offset_y = ny / 2 - center.y, offset_x = nx / 2 - center.x;
  std::size_t highest = kNone;
  float peak = 0;
  for (std::size_t i = 0; i < active.value.size(); ++i) {
    const int y = active.where[i].y + offset_y, x = active.where[i].x + offset_x;
    if (y >= 0 && y < ny && x >= 0 && x < nx) active.value[i] -= flux * psf(y, x);
    const float magnitude = std::abs(active.value[i]);
    if (magnitude > peak && magnitude > active.level[i]) {
      peak = magnitude;
      highest = i;
    }
  }
  return highest;
}

std::size_t highest_pixel(ActivePixels& active, NdView<const float, 2> psf) { return subtract(active, psf, {0, 0}, 0); }

/// A PSF that is cut off, at half the image, has negative eigenvalues, which make a minor cycle diverge in the end: it
/// is over once the highest pixel has grown to this many times its lowest value so far.
constexpr float kGrowth = 1.1f;

/// @returns the number of components added to the model
std::size_t minor_cycle(ActivePixels& active, NdView<const float, 2> psf, const CleanOptions& options,
                        std::size_t max_components, NdView<float, 2> model, const JobContext& context) {
  std::size_t n = 0;
  std::size_t highest = highest_pixel(active, psf);
  float lowest = highest == kNone ? 0 : std::abs(active.value[highest]);
  while (highest != kNone && n < max_components && std::abs(active.value[highest]) <= kGrowth * lowest) {
    const Pixel pixel = active.where[highest];
    lowest = std::min(lowest, std::abs(active.value[highest]));
    const float flux = static_cast<float>(options.gain) * active.value[highest];
    model(pixel.y, pixel.x) += flux;
    highest = subtract(active, psf, pixel, flux);
    if (++n % 64 == 0) context.checkpoint();
  }
  return n;
}

/// Largest absolute value of the PSF in its outermost eighth on each side.
double border_sidelobe(NdView<const float, 2> psf) {
  const std::size_t ny = psf.shape(0), nx = psf.shape(1);
  float highest = 0;
  for (std::size_t y = 0; y < ny; ++y)
    for (std::size_t x = 0; x < nx; ++x)
      if (std::min(y, ny - 1 - y) < ny / 8 || std::min(x, nx - 1 - x) < nx / 8)
        highest = std::max(highest, std::abs(psf(y, x)));
  return highest;
}

CleanCycle state_of(NdView<const float, 2> residual, NdView<const float, 2> model, std::size_t n_components) {
  CleanCycle cycle;
  cycle.n_components = n_components;
  for (const float flux : model) cycle.model_flux_jy += flux;
  cycle.peak_jy = peak_absolute(residual);
  cycle.rms_jy = mad_sigma(residual);
  return cycle;
}

constexpr double kDivergence = 1.5;  // growth of the peak in a cycle; noise alone makes it grow a little

/// Progress: the way from the first peak to the final level, in orders of magnitude.
double fraction_done(double first_peak, double peak, double level) {
  if (!(peak > level) || !(first_peak > level) || level <= 0) return 1;
  return std::clamp(std::log(first_peak / peak) / std::log(first_peak / level), 0.0, 1.0);
}

}  // namespace

CleanResult clean(NdView<const float, 2> psf, NdView<float, 2> residual, NdView<float, 2> model,
                  const CleanOptions& options, const ResidualOf& residual_of, const JobContext& context) {
  CleanResult result;
  std::fill(model.begin(), model.end(), 0.0f);
  auto kept_model = NdArray<float, 2>::uninitialized(model.shape());
  auto kept_residual = NdArray<float, 2>::uninitialized(model.shape());
  CleanCycle state = state_of(residual, model, 0);
  const double first_peak = state.peak_jy;
  std::size_t n_left = options.max_iterations;
  double done = 0;
  const double lowest_part = std::min(0.9, std::max(1 - options.major_gain, 1.5 * border_sidelobe(psf)));
  for (std::size_t cycle = 0;; ++cycle) {
    const Levels levels = levels_of(options, state.rms_jy);
    done = std::max(done, fraction_done(first_peak, state.peak_jy, levels.blank));
    context.checkpoint(done);
    ActivePixels active = select(residual, model, levels, lowest_part * state.peak_jy);
    if (highest_pixel(active, psf) == kNone) break;
    result.stop = n_left == 0 ? CleanStop::kIterations : CleanStop::kMajorCycles;
    if (n_left == 0 || cycle == options.max_major_cycles) break;

    std::copy(model.begin(), model.end(), kept_model.begin());
    std::copy(residual.begin(), residual.end(), kept_residual.begin());
    const std::size_t n = minor_cycle(active, psf, options, n_left, model, context);
    residual_of(model, residual, context.part(done, done));  // else progress would run backwards
    const CleanCycle after = state_of(residual, model, n);
    if (!(after.peak_jy <= kDivergence * state.peak_jy)) {
      std::copy(kept_model.begin(), kept_model.end(), model.begin());
      std::copy(kept_residual.begin(), kept_residual.end(), residual.begin());
      result.stop = CleanStop::kDiverged;
      break;
    }
    result.cycles.push_back(after);
    result.stop = CleanStop::kThreshold;
    // What little a cycle down to the thresholds leaves above them, risen by sidelobes, is not worth
    // another cycle.
    const bool to_thresholds = lowest_part * state.peak_jy <= levels.blank && n < n_left;
    const bool nearly_there = after.peak_jy <= 1.25 * levels_of(options, after.rms_jy).blank;
    n_left -= n;
    state = after;
    if (to_thresholds && nearly_there) break;
  }
  context.checkpoint(1);
  return result;
}

}  // namespace contimg::imaging
