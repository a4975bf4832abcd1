#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "core/nd_view.h"
#include "imaging/gridder.h"
#include "imaging/interpolation_kernel.h"

namespace contimg::imaging {

/// Between an image and the sheared one of the same cell and center that holds all of it: what is at (dl, dm) is there
/// at (dl, dm) + (shear_l, shear_m) depth, see ImageDepth. First the rows are resampled, from l and m of the sheared
/// image to l of the image and m of the sheared one; then its columns.
class ImageShear {
 public:
  /// @param sheared  of the image's cell and center; its extents are set
  /// @param band     highest frequency along an axis in the sheared image, cycles per pixel
  /// @param misfit   largest error along an axis, relative to the amplitude of a plane wave
  /// @returns none where the sheared image would reach the horizon, or the band is too near to 1/2
  static std::optional<ImageShear> of(const ImageGrid& image, ImageGrid sheared, double band, double misfit);

  const ImageGrid& sheared() const { return sheared_; }

  /// @param image  overwritten
  template <typename T>
  void straighten(NdView<const T, 2> sheared, NdView<T, 2> image, unsigned threads) const;

  /// The adjoint of straighten().
  /// @param sheared  overwritten
  template <typename T>
  void shear(NdView<const T, 2> image, NdView<T, 2> sheared, unsigned threads) const;

 private:
  ImageShear(const ImageGrid& image, const ImageGrid& sheared, InterpolationKernel kernel)
      : image_(image), sheared_(sheared), kernel_(std::move(kernel)) {}

  ImageGrid image_, sheared_;
  InterpolationKernel kernel_;
};

}  // namespace contimg::imaging
