#include "imaging/image_convolver.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/constants.h"
#include "core/fft.h"
#include "core/parallel.h"

namespace contimg::imaging {

// Along an axis of n pixels with a kernel of as many, of n/2 to either side, the pixels wanted are n/2 to n/2 + n of
// the convolution; what goes round in 3/2 n falls below n/2.
ImageConvolver::ImageConvolver(std::size_t ny, std::size_t nx, unsigned threads)
    : ny_(ny),
      nx_(nx),
      padded_ny_(good_fft_size(ny + (ny + 1) / 2)),
      padded_nx_(good_fft_size(nx + (nx + 1) / 2)),
      threads_(threads) {}

ImageConvolver::Spectrum ImageConvolver::transform(NdView<const float, 2> image) const {
  auto rows = Spectrum::uninitialized({ny_, nx_});
  std::copy(image.begin(), image.end(), rows.begin());
  const std::size_t half = padded_nx_ / 2 + 1;
  auto columns = Spectrum::uninitialized({ny_, half});
  fft_rows<float>(rows.view(), {padded_nx_, {{0, nx_}}, {{0, half}}}, FftDirection::kForward, columns.view(), threads_);
  auto spectrum = Spectrum::uninitialized({padded_ny_, half});
  fft_columns<float>(columns.view(), {padded_ny_, {{0, ny_}}, {{0, padded_ny_}}}, FftDirection::kForward,
                     spectrum.view(), threads_);
  return spectrum;
}

void ImageConvolver::multiply(const Spectrum& kernel, Spectrum& spectrum) const {
  for (std::size_t i = 0; i < spectrum.size(); ++i) {
    // std::complex's own product checks for NaN.
    const std::complex<float> a = spectrum.data()[i], b = kernel.data()[i];
    spectrum.data()[i] = {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
  }
}

ImageConvolver::Spectrum ImageConvolver::smoothed(const Spectrum& spectrum, double fwhm_pixels) const {
  const double sigma = fwhm_pixels / std::sqrt(8 * std::log(2.0)), factor = -2 * kPi * kPi * sigma * sigma;
  const auto gaussian = [&](std::size_t k, std::size_t n) {
    const double f = static_cast<double>(std::min(k, n - k)) / static_cast<double>(n);
    return static_cast<float>(std::exp(factor * f * f));
  };
  std::vector<float> along_x;
  for (std::size_t k = 0; k < spectrum.shape(1); ++k) along_x.push_back(gaussian(k, padded_nx_));
  auto result = Spectrum::uninitialized(spectrum.shape());
  parallel_for(padded_ny_, threads_, [&](std::size_t y) {
    const float along_y = gaussian(y, padded_ny_);
    for (std::size_t x = 0; x < along_x.size(); ++x) result(y, x) = along_y * along_x[x] * spectrum(y, x);
  });
  return result;
}

void ImageConvolver::inverse(const Spectrum& spectrum, bool convolved, NdView<float, 2> image) const {
  const std::size_t half = spectrum.shape(1), first_y = convolved ? ny_ / 2 : 0, first_x = convolved ? nx_ / 2 : 0;
  auto columns = Spectrum::uninitialized({ny_, half});
  fft_columns<float>(spectrum.view(), {padded_ny_, {{0, padded_ny_}}, {{first_y, first_y + ny_}}},
                     FftDirection::kBackward, columns.view(), threads_);
  // A real image is the real part of the sum over half of the frequencies, all but the first and the last twice.
  const float scale = static_cast<float>(1 / (static_cast<double>(padded_ny_) * static_cast<double>(padded_nx_)));
  for (std::size_t y = 0; y < ny_; ++y)
    for (std::size_t x = 0; x < half; ++x) columns(y, x) *= x == 0 || x == half - 1 ? scale : 2 * scale;
  auto rows = Spectrum::uninitialized({ny_, nx_});
  fft_rows<float>(columns.view(), {padded_nx_, {{0, half}}, {{first_x, first_x + nx_}}}, FftDirection::kBackward,
                  rows.view(), threads_);
  for (std::size_t i = 0; i < rows.size(); ++i) image.data()[i] = rows.data()[i].real();
}

}  // namespace contimg::imaging
