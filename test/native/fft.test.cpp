#include "core/fft.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "core/constants.h"
#include "core/error.h"
#include "core/nd_array.h"

using namespace contimg;
using Complex = std::complex<float>;

namespace {

NdArray<Complex, 2> random_array(std::size_t ny, std::size_t nx) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  NdArray<Complex, 2> result({ny, nx});
  for (Complex& value : result) value = {normal(random), normal(random)};
  return result;
}

/// One point of the transform by its definition.
std::complex<double> dft(const NdArray<Complex, 2>& data, std::size_t ky, std::size_t kx, double sign) {
  const double ny = data.shape(0), nx = data.shape(1);
  std::complex<double> sum = 0;
  for (std::size_t y = 0; y < data.shape(0); ++y)
    for (std::size_t x = 0; x < data.shape(1); ++x)
      sum += std::complex<double>(data(y, x)) * std::polar(1.0, sign * 2 * kPi * (ky * y / ny + kx * x / nx));
  return sum;
}

}  // namespace

TEST_CASE("fft: a 2-D transform is the sum it stands for, in both directions") {
  for (const auto& [ny, nx] : {std::pair{6, 10}, {2, 2}, {48, 14}, {26, 34}}) {
    for (FftDirection direction : {FftDirection::kForward, FftDirection::kBackward}) {
      const auto input = random_array(ny, nx);
      auto output = random_array(ny, nx);
      fft_2d(output.view(), direction, 2);
      for (int ky = 0; ky < ny; ++ky)
        for (int kx = 0; kx < nx; ++kx)
          CHECK(std::abs(std::complex<double>(output(ky, kx)) - dft(input, ky, kx, static_cast<int>(direction))) <
                1e-5 * ny * nx);
    }
  }
}

TEST_CASE("fft: threads do not change a bit") {
  auto one = random_array(96, 200), three = random_array(96, 200);
  fft_2d(one.view(), FftDirection::kForward, 1);
  fft_2d(three.view(), FftDirection::kForward, 3);
  CHECK(std::equal(one.begin(), one.end(), three.begin()));
}

TEST_CASE("fft: rows and columns outside the given ranges stay as they are") {
  const auto input = random_array(40, 60);
  auto rows = random_array(40, 60), columns = random_array(40, 60);
  fft_rows(rows.view(), {{0, 3}, {30, 40}}, FftDirection::kForward, 1);
  fft_columns(columns.view(), {{5, 17}}, FftDirection::kForward, 1);
  for (std::size_t y = 0; y < 40; ++y)
    for (std::size_t x = 0; x < 60; ++x) {
      CHECK((rows(y, x) == input(y, x)) == (y >= 3 && y < 30));
      CHECK((columns(y, x) == input(y, x)) == (x < 5 || x >= 17));
    }
}

TEST_CASE("fft: odd lengths and ranges outside the array are refused") {
  NdArray<Complex, 2> odd({3, 5}), even({4, 4});
  CHECK_THROWS_AS(fft_2d(odd.view(), FftDirection::kForward, 1), Error);
  CHECK_THROWS_AS(fft_rows(even.view(), {{2, 5}}, FftDirection::kForward, 1), Error);
}

TEST_CASE("fft: good sizes are even, smooth and the smallest such") {
  CHECK(good_fft_size(0) == 2);
  CHECK(good_fft_size(1) == 2);
  CHECK(good_fft_size(2048) == 2048);
  CHECK(good_fft_size(2049) == 2058);
  CHECK(good_fft_size(23) == 24);
  CHECK(good_fft_size(3073, 16) == 3136);
}
