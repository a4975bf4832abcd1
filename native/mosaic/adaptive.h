#pragma once

#include "mosaic/celestial_grid.h"
#include "mosaic/covariance.h"
#include "mosaic/resample.h"

namespace contimg::mosaic {

/// Anti-aliased resampling of DeForest (2004, Solar Physics 219, 3), as astropy's reproject_adaptive does it with its
/// Gaussian: every output pixel is the mean of the image's pixels, weighted with a Gaussian of standard deviation 0.65
/// output pixel, cut off 3 output pixels away (sample_region_width = 6). Where output pixels are finer than the image's
/// the Gaussian is 0.65 pixel of the image instead. Flux is kept to 0.05 %; a source is widened by the Gaussian.
class AdaptiveKernel {
 public:
  /// @param map   from output to image
  /// @param x, y  position on the output near which the kernel holds
  AdaptiveKernel(const PixelMap& map, double x, double y);

  /// Pixels of the image that the kernel reaches on either side.
  std::size_t margin() const { return margin_; }

  /// Of the Gaussian, pixel^2 of the image.
  const Covariance& covariance() const { return covariance_; }

  /// As resample.h's sample().
  void sample(const InputView& image, const float* xs, const float* ys, std::size_t n, float* values) const;

 private:
  float xx_ = 0, xy_ = 0, yx_ = 0, yy_ = 0;  ///< image pixels to output pixels, narrowed to 1 image pixel
  float reach_x_ = 0, reach_y_ = 0;          ///< image pixels
  Covariance covariance_;
  std::size_t margin_ = 0;
};

}  // namespace contimg::mosaic
