#pragma once

#include "imaging/gridder.h"

namespace contimg::imaging {

/// How an image bends away from the plane that touches the sphere at its center pixel (l0, m0): what of n(l, m) - n0 is
/// not linear in l - l0 and m - m0, and 0 or less. About l0 = m0 = 0 that is n - 1.
///
/// The linear part of a facet belongs to u and v, exactly: of u dl + v dm + w (n - n0) it is (u + w dn/dl) dl +
/// (v + w dn/dm) dm. What is left of w is then as small as in an image about the phase center.
class ImageDepth {
 public:
  explicit ImageDepth(const ImageGrid& grid);

  /// dn/dl and dn/dm at the center pixel.
  double slope_l() const { return slope_l_; }
  double slope_m() const { return slope_m_; }

  /// At dl = l - l0 and dm = m - m0; exact near the center.
  double at(double dl, double dm) const;

  /// The largest magnitude in the image; at a corner, since the sphere is convex.
  double largest() const { return largest_; }

  /// The largest slope along an axis in the image.
  double steepest() const;

  /// Whether it is the same at (dl, dm), (-dl, dm) and (dl, -dm).
  bool is_symmetric() const { return l_ == 0 && m_ == 0; }

 private:
  double l_, m_, n_;  ///< of the center pixel
  double half_l_, half_m_;
  double slope_l_, slope_m_, largest_;
};

}  // namespace contimg::imaging
