#include "imaging/image_plan.h"

#include <algorithm>
#include <cmath>

#include "core/constants.h"
#include "core/error.h"
#include "imaging/gridder.h"

namespace contimg::imaging {
namespace {

/// Longest projected baseline, in wavelengths, among the visibilities whose weights exceed a thousandth of the
/// greatest.
double longest_baseline(const StokesVisibilities& data, NdView<const float, 2> weights) {
  const float greatest = weights.empty() ? 0 : *std::max_element(weights.begin(), weights.end());
  double longest = 0;
  for (std::size_t row = 0; row < weights.shape(0); ++row) {
    const double length = std::hypot(data.uvw_m(row).x, data.uvw_m(row).y) / kSpeedOfLight;
    for (std::size_t k = data.freq_hz.size(); k-- > 0 && length * data.freq_hz[k] > longest;)
      if (weights(row, k) > 1e-3f * greatest) longest = length * data.freq_hz[k];
  }
  return longest;
}

}  // namespace

FieldExtent field_of_beam(const BandAveragedBeam& beam, const std::vector<Direction>& pointing,
                          const std::vector<double>& weights, const Direction& center, double level) {
  const TangentAxes axes = tangent_axes(center);
  double sum = 0;
  for (const double w : weights) sum += w;
  const auto response = [&](double l, double m) {
    const Vec3 s = l * axes.east + m * axes.north + std::sqrt(1 - l * l - m * m) * axes.center;
    double power = 0;
    for (std::size_t t = 0; t < pointing.size(); ++t) {
      const Vec3 across = cross(s, unit_vector(pointing[t]));
      power += weights[t] / sum * beam.power(dot(across, across));
    }
    return power;
  };
  constexpr double kStep = 1e-4, kLargest = 0.5;  // rad; a field of half a radian is the most that is planned
  FieldExtent extent{kStep, kStep};
  while (extent.l < kLargest && std::max(response(extent.l, 0), response(-extent.l, 0)) > level) extent.l += kStep;
  while (extent.m < kLargest && std::max(response(0, extent.m), response(0, -extent.m)) > level) extent.m += kStep;
  return extent;
}

RestoringBeam estimate_beam(const StokesVisibilities& data, FieldExtent field, const Weighting& weighting,
                            unsigned threads, const JobContext& context) {
  double longest = longest_baseline(data, data.weights.view());
  if (!(longest > 0)) throw Error(code::kNoValidData, "Expected baselines of some length but all are 0 m long");

  // Weights on the uv cells of the field; only the product of size and cell matters for them.
  NdArray<float, 2> weights = NdArray<float, 2>::uninitialized(data.weights.shape());
  std::copy(data.weights.begin(), data.weights.end(), weights.begin());
  const double fine = 0.4 / longest;  // the grid holds 1.25 times the longest baseline
  const auto pixels = [&](double extent) {
    return std::max<std::size_t>(32, fft_size(std::llround(2 * extent / fine)));
  };
  const NdView<const double, 1> freq = data.frequencies();
  apply_weighting(data.uvw_m.view(), freq, {pixels(field.l), pixels(field.m), fine}, weighting, weights.view());

  longest = longest_baseline(data, weights.view());  // ranges and tapers may leave short ones alone
  if (!(longest > 0)) throw Error(code::kNoValidData, "Expected visibilities within the uv range but there are none");

  const std::size_t n_channels = freq.size();
  constexpr std::size_t kSample = 2000000;  // visibilities; the PSF is good to 1e-3 then
  const auto rows = sample_rows(data.weights.shape(0), kSample / n_channels + 1);
  auto uvw = NdArray<Vec3, 1>::uninitialized({rows.size()});
  auto sample = NdArray<float, 2>::uninitialized({rows.size(), n_channels});
  double sum = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    uvw(i) = data.uvw_m(rows[i]);
    for (std::size_t k = 0; k < n_channels; ++k) sum += sample(i, k) = weights(rows[i], k);
  }

  // 128 pixels of a fifth of the finest fringe hold a lobe five times wider than that; a wider one is tried for
  // coarser.
  NdArray<float, 2> psf({128, 128});
  for (double cell = 0.2 / longest; cell < 4 / longest; cell *= 2) {
    weights_to_psf<float>(uvw.view(), freq, sample.view(), {128, 128, cell}, {1e-4, threads}, psf.view(), context);
    for (float& value : psf) value = static_cast<float>(value / sum);
    try {
      return fit_restoring_beam(psf.view(), cell);
    } catch (const Error&) {
      // The lobe reaches the edge, or, with coarser cells, is none.
    }
  }
  throw Error(
      code::kNoValidData,
      "Expected visibilities that make a beam, but their point spread function has no main lobe: too few baselines "
      "have data");
}

double cell_for_beam(const RestoringBeam& beam) {
  const double cell_arcsec = beam.minor_rad / kArcsec / 5;
  const double unit = std::pow(10.0, std::floor(std::log10(cell_arcsec)) - 1);
  return std::floor(cell_arcsec / unit + 1e-9) * unit * kArcsec;
}

double plan_cell(const StokesVisibilities& data, FieldExtent field, double aberration, const Weighting& weighting,
                 unsigned threads, const JobContext& context) {
  RestoringBeam apparent = estimate_beam(data, field, weighting, threads, context);
  apparent.minor_rad /= aberration;
  return cell_for_beam(apparent);
}

std::size_t fft_size(std::size_t n) {
  for (n += n % 2;; n += 2) {
    std::size_t rest = n;
    for (const std::size_t prime : {2, 3, 5, 7})
      while (rest > 1 && rest % prime == 0) rest /= prime;
    if (rest == 1) return n;
  }
}

}  // namespace contimg::imaging
