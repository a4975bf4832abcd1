#include "imaging/primary_beam.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/airy.h"
#include "core/constants.h"
#include "core/error.h"
#include "core/parallel.h"

namespace contimg::imaging {
namespace {

double positive_sum(const std::vector<double>& weights) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (!(sum > 0)) throw Error(code::kNoValidData, "Expected weights to average the primary beam with but all are 0");
  return sum;
}

}  // namespace

BandAveragedBeam::BandAveragedBeam(double diameter_m, const std::vector<double>& freq_hz,
                                   const std::vector<double>& weights) {
  if (!(diameter_m > 0))
    throw Error(code::kInvalidArgument,
                "Expected a dish diameter above 0 m but the antennas have " + std::to_string(diameter_m) + " m");
  const double sum = positive_sum(weights);
  double highest_hz = 0;
  for (const double f : freq_hz) highest_hz = std::max(highest_hz, f);
  // The table reaches to the third null (x = 10.1735) of the highest frequency or the horizon, farther out it is held.
  const double last_sin = std::min(1.0, 10.1735 * kSpeedOfLight / (kPi * diameter_m * highest_hz));
  constexpr std::size_t kPoints = 4097;
  step_ = last_sin * last_sin / (kPoints - 1);
  for (std::size_t i = 0; i < kPoints; ++i) {
    const double sin_theta = std::sqrt(static_cast<double>(i) * step_);
    double power = 0;
    for (std::size_t k = 0; k < freq_hz.size(); ++k)
      if (weights[k] > 0) power += weights[k] * airy_power(sin_theta, diameter_m, freq_hz[k]);
    table_.push_back(static_cast<float>(power / sum));
  }
}

double BandAveragedBeam::power(double sin_squared) const {
  const double position = sin_squared / step_;
  if (!(position < static_cast<double>(table_.size() - 1))) return table_.back();
  const auto i = static_cast<std::size_t>(position);
  const double fraction = position - static_cast<double>(i);
  return table_[i] + fraction * (table_[i + 1] - table_[i]);
}

double BandAveragedBeam::radius(double level) const {
  std::size_t i = 1;
  while (i + 1 < table_.size() && table_[i] > level) ++i;
  const double fraction = (table_[i - 1] - level) / (table_[i - 1] - table_[i]);
  return std::sqrt((static_cast<double>(i - 1) + std::clamp(fraction, 0.0, 1.0)) * step_);
}

NdArray<float, 2> tile_primary_beam(const BandAveragedBeam& beam, const std::vector<Direction>& pointing,
                                    const std::vector<double>& weights, const SkyGrid& grid, unsigned threads) {
  const double sum = positive_sum(weights);
  const TangentAxes axes = tangent_axes(grid.center);
  NdArray<float, 2> response({grid.ny, grid.nx});
  parallel_for(grid.ny, threads, [&](std::size_t y) {
    const double m = (static_cast<double>(y) - static_cast<double>(grid.ny / 2)) * grid.cell_rad;
    std::vector<double> power(grid.nx, 0.0);
    for (std::size_t t = 0; t < pointing.size(); ++t) {
      if (!(weights[t] > 0)) continue;
      const Vec3 p = unit_vector(pointing[t]);
      const double along_l = dot(p, axes.east), along_m = dot(p, axes.north), along_n = dot(p, axes.center);
      for (std::size_t x = 0; x < grid.nx; ++x) {
        const double l = -(static_cast<double>(x) - static_cast<double>(grid.nx / 2)) * grid.cell_rad;
        const double n_squared = 1 - l * l - m * m;
        if (n_squared <= 0) continue;
        const double cosine = l * along_l + m * along_m + std::sqrt(n_squared) * along_n;
        if (cosine > 0) power[x] += weights[t] / sum * beam.power(1 - cosine * cosine);
      }
    }
    for (std::size_t x = 0; x < grid.nx; ++x) response(y, x) = static_cast<float>(power[x]);
  });
  return response;
}

NdArray<float, 2> divide_by_beam(NdView<const float, 2> image, NdView<const float, 2> response, double cutoff) {
  auto corrected = NdArray<float, 2>::uninitialized(image.shape());
  for (std::size_t i = 0; i < image.size(); ++i) {
    const float power = response.data()[i];
    corrected.data()[i] = power >= cutoff ? image.data()[i] / power : std::numeric_limits<float>::quiet_NaN();
  }
  return corrected;
}

NdArray<float, 2> inverse_variance(NdView<const float, 2> response, double sigma, double cutoff) {
  NdArray<float, 2> weight(response.shape());
  if (!(sigma > 0)) return weight;
  for (std::size_t i = 0; i < response.size(); ++i) {
    const double power = response.data()[i];
    if (power >= cutoff) weight.data()[i] = static_cast<float>(power * power / (sigma * sigma));
  }
  return weight;
}

}  // namespace contimg::imaging
