#pragma once

#include <complex>
#include <cstddef>

#include "core/nd_array.h"

namespace contimg::imaging {

/// Convolves images of one size by FFT, without wrapping round: images are padded to one and a half times their size.
class ImageConvolver {
 public:
  /// The non-negative half of the frequencies along x: the image is real.
  using Spectrum = NdArray<std::complex<float>, 2>;

  ImageConvolver(std::size_t ny, std::size_t nx, unsigned threads);

  /// @param image  (ny, nx)
  Spectrum transform(NdView<const float, 2> image) const;

  /// @param kernel  spectrum of a kernel centered on (ny/2, nx/2)
  void multiply(const Spectrum& kernel, Spectrum& spectrum) const;

  /// The spectrum times that of a round Gaussian of sum 1 about 0, or of nothing where it is 0 pixels wide.
  Spectrum smoothed(const Spectrum& spectrum, double fwhm_pixels) const;

  /// @param convolved  whether the spectrum is a product by multiply(), which lies (ny/2, nx/2) farther on
  void inverse(const Spectrum& spectrum, bool convolved, NdView<float, 2> image) const;

 private:
  std::size_t ny_, nx_, padded_ny_, padded_nx_;
  unsigned threads_;
};

}  // namespace contimg::imaging
