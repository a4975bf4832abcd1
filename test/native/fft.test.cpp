#include "core/fft.h"

#include <doctest/doctest.h>

#include <array>

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

/// Columns transformed twice: as they are handed on, and as they are handed in.
std::array<NdArray<Complex, 2>, 2> columns(const NdArray<Complex, 2>& in, const FftAxis& axis, FftDirection direction,
                                           unsigned threads) {
  const std::size_t nx = in.shape(1);
  std::array<NdArray<Complex, 2>, 2> out{NdArray<Complex, 2>({count(axis.output), nx}),
                                         NdArray<Complex, 2>({count(axis.output), nx})};
  const auto take = [&](std::size_t first, NdView<Complex, 2> given) {
    std::size_t row = 0;
    for (const auto& [begin, end] : axis.output)
      for (std::size_t y = begin; y < end; ++y, ++row)
        for (std::size_t k = 0; k < given.shape(0); ++k) out[0](row, first + k) = given(k, y);
  };
  const auto give = [&](std::size_t first, NdView<Complex, 2> wanted) {
    std::size_t row = 0;
    for (const auto& [begin, end] : axis.input)
      for (std::size_t y = begin; y < end; ++y, ++row)
        for (std::size_t k = 0; k < wanted.shape(0); ++k) wanted(k, y) = in(row, first + k);
  };
  fft_columns_to<float>(in.view(), axis, direction, take, threads);
  fft_columns_from<float>(give, axis, direction, out[1].view(), threads);
  return out;
}

}  // namespace

TEST_CASE("fft: rows then columns are the sum they stand for, of the given inputs at the wanted outputs") {
  const FftAxis along_x{26, {{0, 5}, {21, 26}}, {{23, 26}, {0, 3}}}, along_y{34, {{3, 12}}, {{30, 34}, {0, 2}}};
  for (const FftDirection direction : {FftDirection::kForward, FftDirection::kBackward}) {
    const auto given = random_array(9, 10);
    NdArray<Complex, 2> whole({34, 26}), half({9, 6});
    for (std::size_t y = 0; y < 9; ++y)
      for (std::size_t x = 0; x < 10; ++x) whole(y + 3, x < 5 ? x : x + 16) = given(y, x);
    fft_rows<float>(given.view(), along_x, direction, half.view(), 2);
    const auto outputs = columns(half, along_y, direction, 2);
    for (std::size_t y = 0; y < 6; ++y)
      for (std::size_t x = 0; x < 6; ++x) {
        const auto expected = dft(whole, (y + 30) % 34, (x + 23) % 26, static_cast<int>(direction));
        for (const auto& output : outputs) CHECK(std::abs(std::complex<double>(output(y, x)) - expected) < 1e-4);
      }
  }
}

TEST_CASE("fft: threads do not change a bit") {
  const auto input = random_array(96, 200);
  const FftAxis along_x{200, {{0, 200}}, {{0, 200}}}, along_y{96, {{0, 96}}, {{0, 96}}};
  const auto transform = [&](unsigned threads) {
    NdArray<Complex, 2> half({96, 200});
    fft_rows<float>(input.view(), along_x, FftDirection::kForward, half.view(), threads);
    return columns(half, along_y, FftDirection::kForward, threads);
  };
  const auto one = transform(1), three = transform(3);
  for (int i : {0, 1}) CHECK(std::equal(one[i].begin(), one[i].end(), three[i].begin()));
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
