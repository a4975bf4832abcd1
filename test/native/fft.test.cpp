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

TEST_CASE("fft: rows then columns are the sum they stand for, of the given inputs at the wanted outputs") {
  const FftAxis along_x{26, {{0, 5}, {21, 26}}, {{23, 26}, {0, 3}}}, along_y{34, {{3, 12}}, {{30, 34}, {0, 2}}};
  for (const FftDirection direction : {FftDirection::kForward, FftDirection::kBackward}) {
    const auto given = random_array(9, 10);
    NdArray<Complex, 2> whole({34, 26}), half({9, 6}), output({6, 6});
    for (std::size_t y = 0; y < 9; ++y)
      for (std::size_t x = 0; x < 10; ++x) whole(y + 3, x < 5 ? x : x + 16) = given(y, x);
    fft_rows<float>(given.view(), along_x, direction, half.view(), 2);
    fft_columns<float>(half.view(), along_y, direction, output.view(), 2);
    for (std::size_t y = 0; y < 6; ++y)
      for (std::size_t x = 0; x < 6; ++x) {
        const auto expected = dft(whole, (y + 30) % 34, (x + 23) % 26, static_cast<int>(direction));
        CHECK(std::abs(std::complex<double>(output(y, x)) - expected) < 1e-4);
      }
  }
}

TEST_CASE("fft: threads do not change a bit") {
  const auto input = random_array(96, 200);
  const FftAxis along_x{200, {{0, 200}}, {{0, 200}}}, along_y{96, {{0, 96}}, {{0, 96}}};
  const auto transform = [&](unsigned threads) {
    NdArray<Complex, 2> half({96, 200}), output({96, 200});
    fft_rows<float>(input.view(), along_x, FftDirection::kForward, half.view(), threads);
    fft_columns<float>(half.view(), along_y, FftDirection::kForward, output.view(), threads);
    return output;
  };
  const auto one = transform(1), three = transform(3);
  CHECK(std::equal(one.begin(), one.end(), three.begin()));
}

TEST_CASE("fft: odd lengths, ranges outside the axis and other shapes are refused") {
  NdArray<Complex, 2> a({4, 4});
  const auto rows = [&](const FftAxis& axis) { fft_rows<float>(a.view(), axis, FftDirection::kForward, a.view(), 1); };
  CHECK_NOTHROW(rows({4, {{0, 4}}, {{0, 4}}}));
  CHECK_THROWS_AS(rows({5, {{0, 4}}, {{0, 4}}}), Error);
  CHECK_THROWS_AS(rows({4, {{1, 5}}, {{0, 4}}}), Error);
  CHECK_THROWS_AS(rows({4, {{0, 3}}, {{0, 4}}}), Error);
}

TEST_CASE("fft: good sizes are even, smooth and the smallest such") {
  CHECK(good_fft_size(0) == 2);
  CHECK(good_fft_size(1) == 2);
  CHECK(good_fft_size(2048) == 2048);
  CHECK(good_fft_size(2049) == 2058);
  CHECK(good_fft_size(23) == 24);
  CHECK(good_fft_size(3073, 16) == 3136);
}
