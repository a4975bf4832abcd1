#include "mosaic/adaptive.h"

#include <cmath>
#include <limits>

namespace contimg::mosaic {
namespace {

constexpr double kSigma = 0.65;  // output pixel
constexpr double kCutoff = 3;    // output pixels; with 2, fluxes vary by 0.7 % with the position

}  // namespace

AdaptiveKernel::AdaptiveKernel(const PixelMap& map, double x, double y) {
  const auto right = map(x + 0.5, y), left = map(x - 0.5, y), up = map(x, y + 0.5), down = map(x, y - 0.5);
  const double a = right.x - left.x, b = up.x - down.x, c = right.y - left.y, d = up.y - down.y;
  if (!std::isfinite(a + b + c + d)) return;
  // Singular values of the Jacobian ((a, b), (c, d)) = U diag(s1, s2) V^T by its two rotations; those below 1 become 1.
  const double e = (a + d) / 2, f = (a - d) / 2, g = (c + b) / 2, h = (c - b) / 2;
  const double q = std::hypot(e, h), r = std::hypot(f, g);
  const double theta = (std::atan2(h, e) - std::atan2(g, f)) / 2, phi = (std::atan2(h, e) + std::atan2(g, f)) / 2;
  const double s1 = std::max(1.0, q + r), s2 = std::copysign(std::max(1.0, std::abs(q - r)), q - r);
  const double u[2][2] = {{std::cos(phi), -std::sin(phi)}, {std::sin(phi), std::cos(phi)}};
  const double v[2][2] = {{std::cos(theta), -std::sin(theta)}, {std::sin(theta), std::cos(theta)}};  // V^T
  const auto forward = [&](int i, int j) { return u[i][0] * s1 * v[0][j] + u[i][1] * s2 * v[1][j]; };
  const double ja = forward(0, 0), jb = forward(0, 1), jc = forward(1, 0), jd = forward(1, 1);
  const double determinant = ja * jd - jb * jc;
  xx_ = static_cast<float>(jd / determinant);
  xy_ = static_cast<float>(-jb / determinant);
  yx_ = static_cast<float>(-jc / determinant);
  yy_ = static_cast<float>(ja / determinant);
  constexpr double kVariance = kSigma * kSigma;
  covariance_ = {kVariance * (ja * ja + jb * jb), kVariance * (ja * jc + jb * jd), kVariance * (jc * jc + jd * jd)};
  reach_x_ = static_cast<float>(kCutoff * (std::abs(ja) + std::abs(jb)));
  reach_y_ = static_cast<float>(kCutoff * (std::abs(jc) + std::abs(jd)));
  margin_ = static_cast<std::size_t>(std::ceil(std::max(reach_x_, reach_y_))) + 1;
}

void AdaptiveKernel::sample(const InputView& image, const float* xs, const float* ys, std::size_t n,
                            float* values) const {
  constexpr float kScale = static_cast<float>(-0.5 / (kSigma * kSigma)), kEdge = static_cast<float>(kCutoff);
  for (std::size_t i = 0; i < n; ++i) {
    const float x = xs[i], y = ys[i];
    values[i] = std::numeric_limits<float>::quiet_NaN();
    if (margin_ == 0 || !image.holds(x, y)) continue;
    const int x_begin = static_cast<int>(std::ceil(x - reach_x_)), x_end = static_cast<int>(std::floor(x + reach_x_));
    const int y_begin = static_cast<int>(std::ceil(y - reach_y_)), y_end = static_cast<int>(std::floor(y + reach_y_));
    float sum = 0, weights = 0;
    for (int py = y_begin; py <= y_end; ++py)
      for (int px = x_begin; px <= x_end; ++px) {
        const float dx = static_cast<float>(px) - x, dy = static_cast<float>(py) - y;
        const float tx = xx_ * dx + xy_ * dy, ty = yx_ * dx + yy_ * dy;
        if (std::abs(tx) > kEdge || std::abs(ty) > kEdge) continue;
        const float weight = std::exp(kScale * (tx * tx + ty * ty));
        sum += weight * image.pixels[py * image.stride + px];
        weights += weight;
      }
    values[i] = sum / weights;
  }
}

}  // namespace contimg::mosaic
