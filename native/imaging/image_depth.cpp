#include "imaging/image_depth.h"

#include "core/simd.h"

// With p the center pixel's (l0, m0), s = -p / n0 the sphere's slopes there, A the shears and X = (dl, dm) a place in
// the sheared image, the depth D is that of the place x = p + X - A D, whose n is n0 + s (X - A D) + D. That both lie
// on the sphere, n^2 + x^2 = 1, makes
//
//   a D^2 + 2 b D + c = 0,   a = (1 - s A)^2 + A^2,   b = (n0 + s X) (1 - s A) - A (p + X),   c = (s X)^2 + X^2
//
// of which D = -c / (b + sqrt(b^2 - a c)) is the near side, and no large numbers cancel in it.
namespace contimg::imaging {

struct ImageDepth::Parabola {
  double a, b, c;

  CONTIMG_INLINE double discriminant() const { return b * b - a * c; }
  CONTIMG_INLINE double root() const { return -c / (b + std::sqrt(discriminant())); }
};

CONTIMG_INLINE ImageDepth::Parabola ImageDepth::parabola(double dl, double dm) const {
  const double along_slope = slope_l_ * dl + slope_m_ * dm,
               left = 1 - slope_l_ * shear_l_ - slope_m_ * shear_m_;  // of a step in depth, in n
  return {left * left + shear_l_ * shear_l_ + shear_m_ * shear_m_,
          (n_ + along_slope) * left - shear_l_ * (l_ + dl) - shear_m_ * (m_ + dm),
          along_slope * along_slope + dl * dl + dm * dm};
}

ImageDepth::ImageDepth(const ImageGrid& grid)
    : l_(grid.l),
      m_(grid.m),
      n_(std::sqrt(1 - (l_ * l_ + m_ * m_))),
      half_l_(grid.nx / 2.0 * grid.cell_rad),
      half_m_(grid.ny / 2.0 * grid.cell_rad),
      slope_l_(-l_ / n_),
      slope_m_(-m_ / n_),
      shear_l_(grid.shear_l),
      shear_m_(grid.shear_m) {
  for (const double dl : {-half_l_, half_l_})
    for (const double dm : {-half_m_, half_m_}) {
      const Parabola corner = parabola(dl, dm);
      is_above_horizon_ = is_above_horizon_ && corner.b > 0 && corner.discriminant() > 0;
      largest_ = std::max(largest_, -corner.root());
    }
  steepest_ = find_steepest();
}

double ImageDepth::at(double dl, double dm) const { return parabola(dl, dm).root(); }

CONTIMG_SIMD void ImageDepth::along(double dl, double step_l, double dm, double step_m, std::size_t n,
                                    double* depth) const {
  for (std::size_t i = 0; i < n; ++i) {
    const double at = static_cast<double>(static_cast<int>(i));
    depth[i] = parabola(dl + at * step_l, dm + at * step_m).root();
  }
}

/// Derivatives of the depth by dl and dm.
std::pair<double, double> ImageDepth::slopes(double dl, double dm) const {
  const double depth = at(dl, dm), l = l_ + dl - shear_l_ * depth, m = m_ + dm - shear_m_ * depth,
               n = std::sqrt(1 - (l * l + m * m));
  const double by_depth = n * (1 - slope_l_ * shear_l_ - slope_m_ * shear_m_) - l * shear_l_ - m * shear_m_;
  return {-(n * slope_l_ + l) / by_depth, -(n * slope_m_ + m) / by_depth};
}

double ImageDepth::find_steepest() const {
  double steepest = 0;
  // l / n is monotonic in l, and in m on either side of 0: it is largest or smallest at a corner or where m is 0.
  for (const double dl : {-half_l_, std::clamp(-l_, -half_l_, half_l_), half_l_})
    for (const double dm : {-half_m_, std::clamp(-m_, -half_m_, half_m_), half_m_}) {
      const auto [by_l, by_m] = slopes(dl, dm);
      steepest = std::max({steepest, std::abs(by_l), std::abs(by_m)});
    }
  return steepest;
}

}  // namespace contimg::imaging
