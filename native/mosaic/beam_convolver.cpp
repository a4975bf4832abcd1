#include "mosaic/beam_convolver.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "core/error.h"
#include "core/least_squares.h"
#include "core/simd_vector.h"

namespace contimg::mosaic {
namespace {

/// Pixels that a kernel has: those within this many standard deviations.
constexpr double kReach = 4.5;

/// Above this variance in every direction, pixel^2, a Gaussian's values at whole pixels are a Gaussian to 1e-4: what is
/// lost is exp(-2 pi^2 variance).
constexpr double kSampledVariance = 0.5;

/// The pixels within reach of a Gaussian whose weights are its values there.
std::vector<BeamConvolver::Tap> sampled(const Covariance& shape) {
  const int h = static_cast<int>(std::ceil(kReach * std::sqrt(std::max(shape.xx, shape.yy))));
  const double least = std::exp(-kReach * kReach / 2);
  std::vector<BeamConvolver::Tap> taps;
  for (int y = -h; y <= h; ++y)
    for (int x = -h; x <= h; ++x)
      if (const double value = shape.gaussian(x, y); value >= least) taps.push_back({x, y, value});
  return taps;
}

/// The weights of least squared error for an image that is a sum of Gaussian beams `beam`, at any place between pixels:
/// what two pixels have in common is a Gaussian of twice the beam's covariance, and what one has with what is wanted
/// one of `difference` more. This holds for a difference that is narrower than a pixel, which no sampled Gaussian
/// shows.
std::vector<BeamConvolver::Tap> fitted(const Covariance& beam, const Covariance& difference) {
  constexpr double kNarrowest = 0.25;  // pixel^2: what keeps two pixels on either side of the narrowest
  constexpr double kNoise = 1e-9;      // of the image's power, white: what keeps weights from cancelling
  auto taps = sampled({difference.xx + kNarrowest, difference.xy, difference.yy + kNarrowest});
  const Covariance own = beam + beam;
  const Covariance wanted = own + difference;
  LeastSquares fit(taps.size(), taps.size(), 1);
  for (std::size_t i = 0; i < taps.size(); ++i) {
    for (std::size_t j = 0; j < taps.size(); ++j)
      fit.matrix(i)[j] = own.gaussian(taps[i].x - taps[j].x, taps[i].y - taps[j].y);
    fit.matrix(i)[i] += kNoise;
    fit.wanted(0)[i] = wanted.gaussian(taps[i].x, taps[i].y);
  }
  fit.solve();
  for (std::size_t i = 0; i < taps.size(); ++i) taps[i].weight = fit.solution(0)[i];
  return taps;
}

/// Adds `weight` times n pixels.
CONTIMG_SIMD void add_scaled(const float* in, float weight, std::size_t n, float* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] += weight * in[i];
}

}  // namespace

BeamConvolver::BeamConvolver(const Covariance& from, const Covariance& to) {
  const Covariance difference = to - from;
  const double mean = (difference.xx + difference.yy) / 2;
  const double spread = std::hypot((difference.xx - difference.yy) / 2, difference.xy);
  const double rounding = 1e-6 * (to.xx + to.yy);
  if (!(mean - spread >= -rounding))
    throw Error(code::kInvalidArgument,
                "Expected a common beam that is at least as wide as each tile's in every direction");
  if (mean + spread <= rounding)
    taps_ = {{0, 0, 1}};
  else
    taps_ = mean - spread > kSampledVariance ? sampled(difference) : fitted(from, difference);

  double sum = 0;
  for (const Tap& tap : taps_) sum += tap.weight;
  const double scale = std::sqrt(to.determinant() / from.determinant()) / sum;
  for (Tap& tap : taps_) {
    tap.weight *= scale;
    half_width_ = std::max(half_width_, static_cast<std::size_t>(std::max(std::abs(tap.x), std::abs(tap.y))));
  }
}

void BeamConvolver::convolve(const float* in, std::size_t nx, std::size_t ny, std::size_t stride, float* out) const {
  const std::size_t h = half_width_;
  for (std::size_t y = 0; y < ny; ++y) std::fill_n(out + y * stride, stride, std::numeric_limits<float>::quiet_NaN());
  if (nx <= 2 * h || ny <= 2 * h) return;
  for (std::size_t y = h; y + h < ny; ++y) {
    float* row = out + y * stride + h;
    std::fill_n(row, nx - 2 * h, 0.0f);
    for (const Tap& tap : taps_) {
      const float* shifted = in + (static_cast<std::ptrdiff_t>(y) + tap.y) * static_cast<std::ptrdiff_t>(stride) +
                             static_cast<std::ptrdiff_t>(h) + tap.x;
      add_scaled(shifted, static_cast<float>(tap.weight), nx - 2 * h, row);
    }
  }
}

}  // namespace contimg::mosaic
