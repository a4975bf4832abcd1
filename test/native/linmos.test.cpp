#include "mosaic/linmos.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "sky_source.h"

using namespace contimg;
using namespace contimg::mosaic;

namespace {

struct Sums {
  explicit Sums(const SinGrid& grid)
      : numerator({grid.ny, grid.nx}), weight({grid.ny, grid.nx}), coverage({grid.ny, grid.nx}) {}
  Accumulators view() { return {numerator.view(), weight.view(), coverage.view()}; }
  Mosaic finish() const { return mosaic::finish(numerator.view(), weight.view()); }
  NdArray<double, 2> numerator, weight;
  NdArray<float, 2> coverage;
};

NdArray<float, 2> filled(const SinGrid& grid, float value) {
  NdArray<float, 2> image({grid.ny, grid.nx});
  std::fill(image.begin(), image.end(), value);
  return image;
}

/// A Gaussian primary beam, 1 at the grid's center.
NdArray<float, 2> beam_of(const SinGrid& grid, double fwhm) {
  NdArray<float, 2> beam({grid.ny, grid.nx});
  const double k = 4 * std::log(2.0) / (fwhm * fwhm);
  for (std::size_t y = 0; y < grid.ny; ++y)
    for (std::size_t x = 0; x < grid.nx; ++x) {
      const double dx = static_cast<double>(x) - grid.center_x, dy = static_cast<double>(y) - grid.center_y;
      beam(y, x) = static_cast<float>(std::exp(-k * (dx * dx + dy * dy)));
    }
  return beam;
}

NdArray<float, 2> noise(const SinGrid& grid, double sigma, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, sigma);
  NdArray<float, 2> image({grid.ny, grid.nx});
  for (float& value : image) value = static_cast<float>(normal(random));
  return image;
}

/// Noise as an imager makes it: white noise convolved with a beam of five pixels, of rms sigma.
NdArray<float, 2> beam_noise(const SinGrid& grid, double sigma, unsigned seed) {
  constexpr int kReach = 8;
  const auto white = noise(grid, 1, seed);
  NdArray<float, 2> rows({grid.ny, grid.nx}), result({grid.ny, grid.nx});
  double taps[2 * kReach + 1], power = 0;
  for (int i = -kReach; i <= kReach; ++i)
    power += std::pow(taps[i + kReach] = std::exp(-4 * std::log(2.0) * i * i / 25.0), 2);
  for (std::size_t y = 0; y < grid.ny; ++y)
    for (std::size_t x = 0; x < grid.nx; ++x)
      for (int i = -kReach; i <= kReach; ++i)
        rows(y, x) += static_cast<float>(taps[i + kReach]) * white(y, (x + grid.nx + i) % grid.nx);
  for (std::size_t y = 0; y < grid.ny; ++y)
    for (std::size_t x = 0; x < grid.nx; ++x)
      for (int i = -kReach; i <= kReach; ++i)
        result(y, x) += static_cast<float>(taps[i + kReach] * sigma / power) * rows((y + grid.ny + i) % grid.ny, x);
  return result;
}

}  // namespace

TEST_CASE("two tiles give the estimate of least variance") {
  const SinGrid grid = test::square_grid(10, 20, 32, 6);
  const auto beam1 = filled(grid, 0.9f), beam2 = filled(grid, 0.4f);
  const auto image1 = filled(grid, 0.9f * 2.1f), image2 = filled(grid, 0.4f * 1.8f);  // the sky, 2.1 and 1.8
  Sums sums(grid);
  CHECK(add_tile({image1.view(), beam1.view(), grid, 0.01}, grid, {}, sums.view(), JobContext()) == 27 * 27);
  CHECK(add_tile({image2.view(), beam2.view(), grid, 0.02}, grid, {}, sums.view(), JobContext()) == 27 * 27);
  const Mosaic result = sums.finish();
  // Inverse variances of the two estimates of the sky, I / A with error sigma / A.
  const double w1 = std::pow(0.9 / 0.01, 2), w2 = std::pow(0.4 / 0.02, 2);
  CHECK(result.mosaic(16, 16) == doctest::Approx((w1 * 2.1 + w2 * 1.8) / (w1 + w2)).epsilon(1e-6));
  CHECK(result.rms(16, 16) == doctest::Approx(1 / std::sqrt(w1 + w2)).epsilon(1e-6));
  CHECK(result.weight(16, 16) == doctest::Approx(w1 + w2).epsilon(1e-6));
  CHECK(sums.coverage(16, 16) == 2);
}

TEST_CASE("a tile counts only where its beam reaches the cut-off and its image has a value") {
  const SinGrid grid = test::square_grid(10, 20, 101, 6);
  const auto beam = beam_of(grid, 40);
  auto image = filled(grid, 1);
  image(40, 50) = std::numeric_limits<float>::quiet_NaN();
  image(60, 50) = std::numeric_limits<float>::infinity();
  Sums sums(grid);
  LinmosOptions options;
  options.cutoff = 0.3;
  options.kernel = Kernel::kBilinear;
  add_tile({image.view(), beam.view(), grid, 1}, grid, options, sums.view(), JobContext());
  const Mosaic result = sums.finish();
  for (std::size_t y = 1; y < 100; ++y)
    for (std::size_t x = 1; x < 100; ++x) {
      // positions come out within 1e-10 of whole pixels, on either side, so that a neighbor's NaN may count
      if (x >= 49 && x <= 51 && (std::abs(static_cast<int>(y) - 50) >= 9 && std::abs(static_cast<int>(y) - 50) <= 11))
        continue;
      if (std::abs(beam(y, x) - 0.3) < 1e-4) continue;
      const bool counts = beam(y, x) >= 0.3;
      CHECK(sums.coverage(y, x) == (counts ? 1 : 0));
      CHECK(std::isnan(result.mosaic(y, x)) == !counts);
      CHECK(std::isnan(result.rms(y, x)) == !counts);
      if (counts) CHECK(result.mosaic(y, x) == doctest::Approx(1 / beam(y, x)).epsilon(1e-4));
    }
  CHECK(sums.coverage(40, 50) == 0);
  CHECK(sums.coverage(60, 50) == 0);
}

TEST_CASE("overlapping tiles of a source show it once, at its place, with its flux") {
  // Nine tiles around RA 0 and the source; flat noise, so the source is attenuated in each.
  const Direction source{0.02 * kDegree, 16.2 * kDegree};
  SinGrid output = test::square_grid(359.9, 16.0, 500, 6);
  Sums sums(output);
  for (double ra : {359.8, 0.0, 0.2})
    for (double dec : {16.0, 16.2, 16.4}) {
      const SinGrid grid = test::square_grid(ra, dec, 400, 6);
      const auto beam = beam_of(grid, 300);
      NdArray<float, 2> image({400, 400});
      const test::Pixel at = test::pixel_of(grid, source);
      const double response =
          std::exp(-4 * std::log(2.0) * (std::pow(at.x - 200, 2) + std::pow(at.y - 200, 2)) / (300.0 * 300.0));
      test::add_gaussian(image.view(), at, 1.5 * response, 5);
      add_tile({image.view(), beam.view(), grid, 0.01 * (1 + ra / 360)}, output, {}, sums.view(), JobContext());
    }
  const Mosaic result = sums.finish();
  const test::Pixel expected = test::pixel_of(output, source);
  const auto found = test::measure(result.mosaic.view(), expected);
  CHECK(std::hypot(found.x - expected.x, found.y - expected.y) < 0.02);
  CHECK(found.peak == doctest::Approx(1.5).epsilon(0.003));
}

TEST_CASE("the rms map is the scatter of the mosaic") {
  const SinGrid output = test::square_grid(50, 30, 128, 6);
  const std::vector<SinGrid> grids{test::square_grid(50.0, 30.0, 160, 6), test::square_grid(50.06, 30.01, 160, 6),
                                   test::square_grid(49.99, 30.05, 160, 6)};
  const double sigma[] = {0.01, 0.02, 0.015};
  double chi_square = 0, n = 0;
  for (unsigned trial = 0; trial < 60; ++trial) {
    Sums sums(output);
    for (std::size_t t = 0; t < grids.size(); ++t) {
      const auto image = beam_noise(grids[t], sigma[t], 100 * trial + static_cast<unsigned>(t));
      const auto beam = beam_of(grids[t], 80);
      add_tile({image.view(), beam.view(), grids[t], sigma[t]}, output, {}, sums.view(), JobContext());
    }
    const Mosaic result = sums.finish();
    for (std::size_t i = 0; i < result.mosaic.size(); ++i) {
      if (sums.coverage.data()[i] == 0) continue;
      chi_square += std::pow(result.mosaic.data()[i] / result.rms.data()[i], 2);
      ++n;
    }
  }
  MESSAGE("scatter over predicted rms: " << std::sqrt(chi_square / n) << " from " << n << " pixels");
  CHECK(n > 100000);
  CHECK(std::sqrt(chi_square / n) == doctest::Approx(1).epsilon(0.02));
}

TEST_CASE("N equal tiles lower the rms by sqrt(N)") {
  const SinGrid grid = test::square_grid(10, 20, 32, 6);
  const auto image = filled(grid, 0), beam = filled(grid, 1);
  Sums sums(grid);
  for (int n = 1; n <= 10; ++n) {
    add_tile({image.view(), beam.view(), grid, 0.5}, grid, {}, sums.view(), JobContext());
    CHECK(sums.finish().rms(16, 16) == doctest::Approx(0.5 / std::sqrt(n)).epsilon(1e-6));
  }
}

TEST_CASE("the number of threads changes no bit of the sums") {
  const SinGrid output = test::square_grid(0, 16, 300, 6);
  Sums one(output), two(output);
  for (unsigned t = 0; t < 3; ++t) {
    const SinGrid grid = test::square_grid(359.9 + 0.1 * t, 16, 200, 6);
    const auto image = noise(grid, 1, t), beam = beam_of(grid, 150);
    LinmosOptions options;
    options.threads = 1;
    add_tile({image.view(), beam.view(), grid, 1}, output, options, one.view(), JobContext());
    options.threads = 2;
    add_tile({image.view(), beam.view(), grid, 1}, output, options, two.view(), JobContext());
  }
  CHECK(std::memcmp(one.numerator.data(), two.numerator.data(), one.numerator.size() * sizeof(double)) == 0);
  CHECK(std::memcmp(one.weight.data(), two.weight.data(), one.weight.size() * sizeof(double)) == 0);
  CHECK(std::memcmp(one.coverage.data(), two.coverage.data(), one.coverage.size() * sizeof(float)) == 0);
}

TEST_CASE("a tile outside the output adds nothing; shapes and sigma that cannot be are refused") {
  const SinGrid grid = test::square_grid(10, 20, 32, 6), far = test::square_grid(40, 20, 32, 6);
  const auto image = filled(grid, 1), beam = filled(grid, 1);
  Sums sums(grid);
  CHECK(add_tile({image.view(), beam.view(), far, 1}, grid, {}, sums.view(), JobContext()) == 0);
  CHECK(std::isnan(sums.finish().mosaic(16, 16)));
  NdArray<float, 2> small({16, 32});
  CHECK_THROWS_AS(add_tile({small.view(), beam.view(), grid, 1}, grid, {}, sums.view(), JobContext()), Error);
  CHECK_THROWS_AS(add_tile({image.view(), small.view(), grid, 1}, grid, {}, sums.view(), JobContext()), Error);
  CHECK_THROWS_AS(
      add_tile({image.view(), beam.view(), grid, 1}, test::square_grid(10, 20, 16, 6), {}, sums.view(), JobContext()),
      Error);
  for (double sigma : {0.0, -1.0, std::nan(""), HUGE_VAL})
    CHECK_THROWS_AS(add_tile({image.view(), beam.view(), grid, sigma}, grid, {}, sums.view(), JobContext()), Error);
}
