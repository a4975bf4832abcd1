#pragma once

#include <cstddef>

#include "core/nd_view.h"
#include "imaging/interpolation_kernel.h"

namespace contimg::imaging {

/// Puts points that lie between pixels onto the pixels around them, so that these have the visibilities of the points
/// wherever those wind by no more than kBand along an axis.
///
/// There is no correction afterwards, as gridding has: where w is not 0, the frequency of a plane wave depends on the
/// place.
class PixelSpreader {
 public:
  static constexpr double kBand = 0.34;                                        ///< cycles per pixel
  static constexpr std::size_t kMargin = InterpolationKernel::kMostPairs + 1;  ///< pixels that it reaches on each side

  /// @param misfit  of a plane wave, along an axis, relative to its amplitude; 1e-6 or more
  explicit PixelSpreader(double misfit);

  /// Adds a point at (x, y), in pixels from the first, to an image (ny, nx).
  void add(float flux_jy, double x, double y, NdView<float, 2> image) const;

 private:
  /// @returns the first of the pixels
  std::size_t weigh(double position, double* weights) const;

  InterpolationKernel kernel_;
};

}  // namespace contimg::imaging
