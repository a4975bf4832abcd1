#pragma once

#include <cstddef>
#include <vector>

#include "mosaic/covariance.h"

namespace contimg::mosaic {

/// Convolves an image in Jy/beam to a larger Gaussian beam: with the Gaussian whose covariance is the difference of the
/// two, times the ratio of their areas, so that a point source keeps its peak.
class BeamConvolver {
 public:
  /// A pixel of the kernel.
  struct Tap {
    int x, y;
    double weight;
  };

  /// @throws Error{INVALID_ARGUMENT} `to` is narrower than `from` along some direction
  BeamConvolver(const Covariance& from, const Covariance& to);

  /// Pixels that the kernel reaches on either side.
  std::size_t half_width() const { return half_width_; }

  /// @param in, out  `ny` rows of `nx` pixels, `stride` apart; NaN in `out` where the kernel meets NaN or the border
  void convolve(const float* in, std::size_t nx, std::size_t ny, std::size_t stride, float* out) const;

 private:
  std::size_t half_width_ = 0;
  std::vector<Tap> taps_;
};

}  // namespace contimg::mosaic
