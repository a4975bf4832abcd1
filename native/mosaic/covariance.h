#pragma once

#include <cmath>

namespace contimg::mosaic {

/// Covariance of a Gaussian on the axes of the pixels: exp(-(x, y) C^-1 (x, y)^T / 2), pixel^2.
struct Covariance {
  double xx = 0, xy = 0, yy = 0;

  double determinant() const { return xx * yy - xy * xy; }
  /// The Gaussian at a place; 1 in the middle.
  double gaussian(double x, double y) const {
    return std::exp(-(yy * x * x - 2 * xy * x * y + xx * y * y) / (2 * determinant()));
  }
};

inline Covariance operator+(const Covariance& a, const Covariance& b) {
  return {a.xx + b.xx, a.xy + b.xy, a.yy + b.yy};
}

inline Covariance operator-(const Covariance& a, const Covariance& b) {
  return {a.xx - b.xx, a.xy - b.xy, a.yy - b.yy};
}

}  // namespace contimg::mosaic
