#pragma once

#include <array>
#include <cmath>
#include <complex>
#include <cstring>
#include <random>
#include <vector>

#include "imaging/gridder.h"
#include "random_observation.h"

/// The gridder beside direct sums: these in double precision, phases in long double.
namespace contimg::test {

/// The observation's values in the precision T.
template <typename T, typename U, std::size_t N>
NdArray<T, N> in_precision(const NdArray<U, N>& values) {
  auto converted = NdArray<T, N>::uninitialized(values.shape());
  for (std::size_t i = 0; i < values.size(); ++i) converted.data()[i] = static_cast<T>(values.data()[i]);
  return converted;
}

template <typename T = float>
NdArray<T, 2> grid_image(const RandomObservation& observation, const imaging::ImageGrid& grid,
                         const imaging::GridderOptions& options = {}) {
  NdArray<T, 2> image({grid.ny, grid.nx});
  const auto visibilities = in_precision<std::complex<T>>(observation.visibilities);
  const auto weights = in_precision<T>(observation.weights);
  imaging::visibilities_to_image<T>(observation.uvw_m.view(), observation.freq_hz.view(), visibilities.view(),
                                    weights.view(), grid, options, image.view(), JobContext());
  return image;
}

template <typename T>
NdArray<std::complex<T>, 2> degrid_image(const RandomObservation& observation, const NdArray<T, 2>& image,
                                         const imaging::ImageGrid& grid, const imaging::GridderOptions& options = {}) {
  NdArray<std::complex<T>, 2> visibilities(observation.visibilities.shape());
  const auto weights = in_precision<T>(observation.weights);
  imaging::image_to_visibilities<T>(observation.uvw_m.view(), observation.freq_hz.view(), image.view(), grid, options,
                                    weights.view(), visibilities.view(), JobContext());
  return visibilities;
}

/// exp(2 pi i nu/c (u (l - l0) + v (m - m0) + w (n - n0))) for one pixel; (l0, m0, n0) is the center pixel.
inline std::complex<double> plane_wave(const Vec3& uvw, double freq_hz, const imaging::ImageGrid& grid, std::size_t y,
                                       std::size_t x) {
  const long double l = -(static_cast<long double>(x) - grid.nx / 2) * grid.cell_rad;
  const long double m = (static_cast<long double>(y) - grid.ny / 2) * grid.cell_rad;
  const long double l0 = grid.l, m0 = grid.m;
  const long double dn = std::sqrt(1 - (l0 + l) * (l0 + l) - (m0 + m) * (m0 + m)) - std::sqrt(1 - l0 * l0 - m0 * m0);
  const long double turns = (uvw.x * l + uvw.y * m + uvw.z * dn) * freq_hz / kSpeedOfLight;
  return std::polar(1.0, 2 * kPi * static_cast<double>(turns - std::round(turns)));
}

/// One pixel of the dirty image by its definition.
inline double dft_pixel(const RandomObservation& observation, const imaging::ImageGrid& grid, std::size_t y,
                        std::size_t x) {
  double sum = 0;
  for (std::size_t row = 0; row < observation.uvw_m.size(); ++row)
    for (std::size_t c = 0; c < observation.freq_hz.size(); ++c) {
      const double weight = observation.weights(row, c);
      if (weight == 0) continue;
      const std::complex<double> wave = plane_wave(observation.uvw_m(row), observation.freq_hz(c), grid, y, x);
      sum += weight * (std::complex<double>(observation.visibilities(row, c)) * wave).real();
    }
  return sum;
}

/// Rms error of the image, over corners, center and a sample of other pixels, relative to the rms that random
/// visibilities of these weights give (a handful of pixels may happen to be near 0, their own rms would not do).
template <typename T = float>
double image_error(const RandomObservation& observation, const imaging::ImageGrid& grid, double epsilon,
                   std::size_t n_pixels = 60) {
  const auto image = grid_image<T>(observation, grid, {epsilon, 2});
  std::mt19937 random(5);
  double error = 0, power = 0;
  for (std::size_t i = 0; i < observation.weights.size(); ++i)
    power += 0.5 * std::norm(std::complex<double>(observation.visibilities.data()[i]) *
                             double(observation.weights.data()[i]));
  for (std::size_t i = 0; i < n_pixels; ++i) {
    std::size_t y = random() % grid.ny, x = random() % grid.nx;
    if (i < 4) y = i / 2 * (grid.ny - 1), x = i % 2 * (grid.nx - 1);
    if (i == 4) y = grid.ny / 2, x = grid.nx / 2;
    const double difference = image(y, x) - dft_pixel(observation, grid, y, x);
    error += difference * difference;
  }
  return std::sqrt(error / n_pixels / power);
}

/// Relative rms error of the visibilities of a few sources, one of them in the far corner.
template <typename T = float>
double visibility_error(const RandomObservation& observation, const imaging::ImageGrid& grid, double epsilon) {
  NdArray<T, 2> image({grid.ny, grid.nx});
  const std::vector<std::array<std::size_t, 2>> sources{
      {0, 0}, {grid.ny / 2, grid.nx / 2}, {grid.ny / 3, grid.nx - 1}, {grid.ny - 1, grid.nx / 5}};
  for (std::size_t s = 0; s < sources.size(); ++s) image(sources[s][0], sources[s][1]) += T(1) + s;
  const auto visibilities = degrid_image<T>(observation, image, grid, {epsilon, 2});
  double error = 0, power = 0;
  for (std::size_t row = 0; row < observation.uvw_m.size(); ++row)
    for (std::size_t c = 0; c < observation.freq_hz.size(); ++c) {
      if (observation.weights(row, c) == 0) continue;
      std::complex<double> truth = 0;
      for (std::size_t s = 0; s < sources.size(); ++s)
        truth += (1.0 + s) * std::conj(plane_wave(observation.uvw_m(row), observation.freq_hz(c), grid, sources[s][0],
                                                  sources[s][1]));
      error += std::norm(std::complex<double>(visibilities(row, c)) - truth);
      power += std::norm(truth);
    }
  return std::sqrt(error / power);
}

/// How far <gridded, image> and <visibilities, degridded> are apart, for a random image, relative to the rms that such
/// products have.
template <typename T>
double adjoint_error(const RandomObservation& observation, const imaging::ImageGrid& grid, double epsilon) {
  const auto gridded = grid_image<T>(observation, grid, {epsilon, 2});
  std::mt19937 random(6);
  std::normal_distribution<double> normal;
  NdArray<T, 2> image({grid.ny, grid.nx});
  for (T& pixel : image) pixel = static_cast<T>(normal(random));
  const auto degridded = degrid_image<T>(observation, image, grid, {epsilon, 2});
  long double in_images = 0, in_visibilities = 0, scale = 0;
  for (std::size_t i = 0; i < image.size(); ++i)
    in_images += static_cast<long double>(image.data()[i]) * gridded.data()[i];
  for (std::size_t i = 0; i < degridded.size(); ++i) {
    const std::complex<double> product = std::conj(std::complex<double>(degridded.data()[i])) *
                                         std::complex<double>(observation.visibilities.data()[i]) *
                                         double(observation.weights.data()[i]);
    in_visibilities += product.real();
    scale += std::norm(product);
  }
  return static_cast<double>(std::abs(in_images - in_visibilities) / std::sqrt(scale));
}

/// A square field of view of `degrees`, `npix` pixels a side.
inline imaging::ImageGrid field(double degrees, std::size_t npix) { return {npix, npix, degrees * kDegree / npix}; }

template <typename Array>
bool same_bits(const Array& a, const Array& b) {
  return a.shape() == b.shape() && std::memcmp(a.data(), b.data(), a.size() * sizeof(*a.data())) == 0;
}

}  // namespace contimg::test
