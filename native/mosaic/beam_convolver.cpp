#include "mosaic/beam_convolver.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/simd_vector.h"

namespace contimg::mosaic {
namespace {

double determinant(const Covariance& c) { return c.xx * c.yy - c.xy * c.xy; }

/// Adds `weight` times n pixels.
CONTIMG_SIMD void add_scaled(const float* in, float weight, std::size_t n, float* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] += weight * in[i];
}

}  // namespace

BeamConvolver::BeamConvolver(const Covariance& from, const Covariance& to) {
  Covariance d{to.xx - from.xx, to.xy - from.xy, to.yy - from.yy};
  const double mean = (d.xx + d.yy) / 2, spread = std::hypot((d.xx - d.yy) / 2, d.xy);
  if (!(mean - spread >= -1e-6 * (to.xx + to.yy)))
    throw Error(code::kInvalidArgument,
                "Expected a common beam that is at least as wide as each tile's in every direction");
  // Sampled at whole pixels, a Gaussian narrower than half a pixel is none: its pixels are averages over subpixels,
  // and what that widens it by, 1/12 pixel^2 (less 1/12/kFine^2), is taken off first where there is so much.
  constexpr int kFine = 5;
  const double box = (1.0 - 1.0 / (kFine * kFine)) / 12;
  const double smallest = mean - spread;
  const double taken = std::clamp(smallest - 1e-3, 0.0, box);
  d.xx += std::max(1e-3 - smallest, 0.0) - taken;
  d.yy += std::max(1e-3 - smallest, 0.0) - taken;

  half_width_ = static_cast<std::size_t>(std::ceil(4.5 * std::sqrt(mean + spread) + 0.5));
  const int h = static_cast<int>(half_width_), side = 2 * h + 1;
  weights_.assign(static_cast<std::size_t>(side) * side, 0);
  std::vector<double> exact(weights_.size());
  const double scale = -0.5 / determinant(d);
  double sum = 0;
  for (int j = -h * kFine - kFine / 2; j <= h * kFine + kFine / 2; ++j)
    for (int i = -h * kFine - kFine / 2; i <= h * kFine + kFine / 2; ++i) {
      const double x = static_cast<double>(i) / kFine, y = static_cast<double>(j) / kFine;
      const double value = std::exp(scale * (d.yy * x * x - 2 * d.xy * x * y + d.xx * y * y));
      const auto row = static_cast<std::size_t>(std::lround(y) + h),
                 column = static_cast<std::size_t>(std::lround(x) + h);
      exact[row * side + column] += value;
      sum += value;
    }
  const double area_ratio = std::sqrt(determinant(to) / determinant(from));
  for (std::size_t i = 0; i < exact.size(); ++i) weights_[i] = static_cast<float>(exact[i] / sum * area_ratio);
}

void BeamConvolver::convolve(const float* in, std::size_t nx, std::size_t ny, std::size_t stride, float* out) const {
  const std::size_t h = half_width_, side = 2 * h + 1;
  for (std::size_t y = 0; y < ny; ++y) std::fill_n(out + y * stride, stride, std::numeric_limits<float>::quiet_NaN());
  if (nx < side || ny < side) return;
  for (std::size_t y = h; y + h < ny; ++y) {
    float* row = out + y * stride + h;
    const std::size_t n = nx - 2 * h;
    std::fill_n(row, n, 0.0f);
    for (std::size_t j = 0; j < side; ++j)
      for (std::size_t i = 0; i < side; ++i) add_scaled(in + (y + j - h) * stride + i, weights_[j * side + i], n, row);
  }
}

}  // namespace contimg::mosaic
