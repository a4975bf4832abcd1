#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "core/vec3.h"
#include "imaging/gridder.h"

namespace contimg::imaging {

/// How an image bends away from the plane that touches the sphere at its center pixel (l0, m0): what of n(l, m) - n0 is
/// not linear in l - l0 and m - m0, and 0 or less. About l0 = m0 = 0 that is n - 1.
///
/// The linear part of a facet belongs to u and v, exactly: of u dl + v dm + w (n - n0) it is (u + w dn/dl) dl +
/// (v + w dn/dm) dm. What is left of w is then as small as in an image about the phase center. Likewise the part of w
/// that follows u and v, shear_l u + shear_m v, belongs to l and m in a sheared image, see ImageGrid.
class ImageDepth {
 public:
  explicit ImageDepth(const ImageGrid& grid);

  /// u, v and w by which the phase is u dl + v dm + w depth.
  Vec3 uvw_of(const Vec3& uvw) const {
    const double u = uvw.x + slope_l_ * uvw.z, v = uvw.y + slope_m_ * uvw.z;
    return {u, v, uvw.z - shear_l_ * u - shear_m_ * v};
  }

  /// At dl and dm from the center pixel; exact near it.
  double at(double dl, double dm) const;

  /// The same at n equidistant places in a line.
  void along(double dl, double step_l, double dm, double step_m, std::size_t n, double* depth) const;

  /// The largest magnitude in the image; at a corner, since the sphere is convex, sheared or not.
  double largest() const { return largest_; }

  /// The largest slope along an axis at a corner, middle of a side, or the center: in an image that is not sheared that
  /// is the largest of all.
  double steepest() const { return steepest_; }

  /// The highest frequency along an axis at which the plane wave of a baseline winds anywhere in the image: in cycles
  /// per radian for uvw in wavelengths.
  double winding(const Vec3& uvw) const {
    const auto [u, v, w] = uvw_of(uvw);
    return std::max(std::abs(u), std::abs(v)) + steepest_ * std::abs(w);
  }

  /// Whether it is the same at (dl, dm), (-dl, dm) and (dl, -dm).
  bool is_symmetric() const { return l_ == 0 && m_ == 0 && shear_l_ == 0 && shear_m_ == 0; }

  /// Whether all of the image is.
  bool is_above_horizon() const { return is_above_horizon_; }

 private:
  struct Parabola;
  Parabola parabola(double dl, double dm) const;
  std::pair<double, double> slopes(double dl, double dm) const;
  double find_steepest() const;

  double l_, m_, n_;  ///< of the center pixel
  double half_l_, half_m_;
  double slope_l_, slope_m_;  ///< dn/dl and dn/dm there
  double shear_l_, shear_m_;
  double largest_ = 0;
  bool is_above_horizon_ = true;
  double steepest_;
};

}  // namespace contimg::imaging
