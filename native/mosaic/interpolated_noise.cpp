#include "mosaic/interpolated_noise.h"

#include <algorithm>
#include <cmath>

namespace contimg::mosaic {
namespace {

/// sum w_i w_(i + lag) of the weights at a position, for lags from 0 to `most`.
std::vector<double> autocorrelation(const KernelTable& kernel, double position, int most) {
  const double fraction = position - std::floor(position);
  const float* weights = kernel.at(static_cast<int>(std::lround(fraction * KernelTable::kSteps)));
  std::vector<double> sums(static_cast<std::size_t>(most) + 1);
  for (int lag = 0; lag <= most; ++lag)
    for (int tap = 0; tap + lag < kernel.taps(); ++tap)
      sums[lag] += static_cast<double>(weights[tap]) * weights[tap + lag];
  return sums;
}

}  // namespace

double interpolated_variance(const KernelTable& kernel_x, const KernelTable& kernel_y, const Covariance& beam,
                             const std::vector<PixelMap::Position>& positions) {
  // Beyond 8 standard deviations the correlation is below 1e-6.
  const auto most = [](const KernelTable& kernel, double variance) {
    return std::min(kernel.taps() - 1, static_cast<int>(std::ceil(8 * std::sqrt(variance))));
  };
  const int most_x = most(kernel_x, beam.xx), most_y = most(kernel_y, beam.yy), side = most_x + 1;
  // Correlations of both signs of the lag in x, for lags in x and y from 0 on.
  std::vector<double> correlation;
  const Covariance shape = beam + beam;
  for (int y = 0; y <= most_y; ++y)
    for (int x = 0; x <= most_x; ++x)
      correlation.push_back((x == 0 ? 1 : 2) * (y == 0 ? 1 : 2) * (shape.gaussian(x, y) + shape.gaussian(-x, y)) / 2);

  double sum = 0;
  std::size_t n = 0;
  for (const PixelMap::Position& position : positions) {
    if (!std::isfinite(position.x) || !std::isfinite(position.y)) continue;
    const auto along_x = autocorrelation(kernel_x, position.x, most_x);
    const auto along_y = autocorrelation(kernel_y, position.y, most_y);
    for (int y = 0; y <= most_y; ++y)
      for (int x = 0; x <= most_x; ++x) sum += along_x[x] * along_y[y] * correlation[y * side + x];
    ++n;
  }
  return n == 0 ? 1 : sum / static_cast<double>(n);
}

double smoothed_variance(const Covariance& kernel, const Covariance& beam) {
  return std::sqrt(beam.determinant() / (beam + kernel).determinant());
}

}  // namespace contimg::mosaic
