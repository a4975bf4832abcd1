#include "mosaic/reproject.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "mosaic/resample.h"
#include "sky_source.h"

using namespace contimg;
using namespace contimg::mosaic;
using contimg::test::Pixel;

namespace {

NdArray<float, 2> noise(const CelestialGrid& grid, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  NdArray<float, 2> image({grid.ny, grid.nx});
  for (float& value : image) value = normal(random);
  return image;
}

CelestialGrid shifted(CelestialGrid grid, double dx, double dy) {
  grid.reference_x -= dx;
  grid.reference_y -= dy;
  return grid;
}

}  // namespace

TEST_CASE("the pixel map is that of spherical trigonometry, everywhere on the sky") {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> offset(-5, 5), pixel(0, 2000);
  for (double dec : {-80.0, -30.0, 0.0, 16.0, 54.0, 80.0, 89.0})
    for (double ra : {0.0, 359.9, 123.0}) {
      const CelestialGrid tile = test::square_grid(ra, dec, 2000, 6);
      const CelestialGrid output =
          test::square_grid(ra + offset(random), std::min(90.0, dec + offset(random)), 3000, 7);
      const PixelMap forth(tile, output), back(output, tile);
      for (int i = 0; i < 50; ++i) {
        const double x = pixel(random), y = pixel(random);
        const auto there = forth(x, y);
        const auto again = back(there.x, there.y);
        CHECK(std::hypot(again.x - x, again.y - y) < 1e-7);
      }
      const Direction source{(ra + 0.5) * kDegree, (dec + 0.7) * kDegree};
      const Pixel on_tile = test::pixel_of(tile, source), expected = test::pixel_of(output, source);
      const auto found = forth(on_tile.x, on_tile.y);
      CHECK(std::hypot(found.x - expected.x, found.y - expected.y) < 1e-7);
    }
}

TEST_CASE("the pixel map says NaN beyond the horizon") {
  const CelestialGrid here = test::square_grid(0, 0, 100, 3600), there = test::square_grid(180, 0, 100, 3600);
  CHECK(std::isnan(PixelMap(here, there)(50, 50).x));
  CHECK(std::isnan(PixelMap(here, here)(200, 50).x));
  CHECK(!std::isnan(PixelMap(here, here)(60, 50).x));
}

TEST_CASE("the footprint holds every pixel that the tile reaches, and is empty without overlap") {
  const CelestialGrid tile = test::square_grid(359.5, 70, 400, 20);
  for (auto [ra, dec] : {std::pair{359.5, 70.0}, {1.0, 71.0}, {355.0, 68.5}, {10.0, 69.0}, {180.0, 89.9}}) {
    const CelestialGrid output = test::square_grid(ra, dec, 500, 25);
    const Window window = footprint(tile, output);
    const PixelMap map(output, tile);
    std::size_t inside = 0;
    for (std::size_t y = 0; y < output.ny; ++y)
      for (std::size_t x = 0; x < output.nx; ++x) {
        const auto p = map(static_cast<double>(x), static_cast<double>(y));
        if (!(p.x >= -0.5 && p.y >= -0.5 && p.x <= 399.5 && p.y <= 399.5)) continue;
        ++inside;
        REQUIRE((x >= window.x_begin && x < window.x_end && y >= window.y_begin && y < window.y_end));
      }
    if (inside == 0) CHECK(window.height() * window.width() == 0);
  }
  CHECK(footprint(tile, test::square_grid(180, -70, 500, 25)).width() == 500);  // over the horizon: not known
  CHECK(footprint(tile, test::square_grid(359.5, 60, 50, 25)).width() == 0);
}

TEST_CASE("onto its own grid, or one shifted by whole pixels, an image keeps its values") {
  const CelestialGrid grid = test::square_grid(30, 40, 64, 6);
  const auto image = noise(grid, 2);
  for (Kernel kernel : {Kernel::kBilinear, Kernel::kLanczos3, Kernel::kOptimal}) {
    const auto same = reproject(image.view(), grid, shifted(grid, 3, -2), kernel, 1, JobContext());
    for (std::size_t y = 8; y < 56; ++y)
      for (std::size_t x = 8; x < 56; ++x)
        CHECK(same(y, x) == doctest::Approx(image(y - 2, x + 3)).epsilon(1e-5).scale(1));
  }
}

TEST_CASE("a constant stays constant, and a slope stays a slope (not with Lanczos)") {
  const CelestialGrid grid = test::square_grid(30, 40, 64, 6);
  NdArray<float, 2> constant({64, 64}), slope({64, 64});
  for (std::size_t y = 0; y < 64; ++y)
    for (std::size_t x = 0; x < 64; ++x) {
      constant(y, x) = 3.25f;
      slope(y, x) = static_cast<float>(x) + 10 * static_cast<float>(y);
    }
  const CelestialGrid to = shifted(grid, 0.37, 0.81);
  for (Kernel kernel : {Kernel::kBilinear, Kernel::kLanczos3, Kernel::kOptimal}) {
    const auto result = reproject(constant.view(), grid, to, kernel, 1, JobContext());
    for (std::size_t y = 5; y < 59; ++y) CHECK(result(y, 30) == doctest::Approx(3.25f).epsilon(1e-6));
  }
  for (Kernel kernel : {Kernel::kBilinear, Kernel::kOptimal}) {
    const auto result = reproject(slope.view(), grid, to, kernel, 1, JobContext());
    CHECK(result(20, 30) == doctest::Approx(30.37 + 10 * 20.81).epsilon(1e-5));
  }
}

TEST_CASE("eight positions at once are interpolated as each by itself is") {
  const CelestialGrid grid = test::square_grid(30, 40, 32, 6);
  const auto pixels = noise(grid, 7);
  const InputView image{pixels.data(), 32, 4, 28, 28};
  for (Kernel kernel : {Kernel::kBicubic, Kernel::kLanczos3, Kernel::kOptimal}) {
    const KernelTable table(kernel, 1);
    float worst = 0;
    for (int step = 0; step <= 100; ++step) {
      const float fraction = static_cast<float>(step) / 101;
      float xs[8], ys[8], together[8];
      for (int i = 0; i < 8; ++i) {
        xs[i] = 9 + fraction + 1.0005f * static_cast<float>(i);
        ys[i] = 12 + fraction / 2 + 0.003f * static_cast<float>(i);
      }
      sample(image, table, table, xs, ys, 8, together);
      for (int i = 0; i < 8; ++i) {
        float alone = 0;
        sample(image, table, table, xs + i, ys + i, 1, &alone);
        worst = std::max(worst, std::abs(together[i] - alone));
      }
    }
    CHECK(worst < 1e-5f);  // of noise of 1
    CHECK(worst > 0);      // it took another way
  }
}

TEST_CASE(
    "eight positions that slip to the next row or column are interpolated as each by itself, blank pixels and all") {
  const CelestialGrid grid = test::square_grid(30, 40, 32, 6);
  std::mt19937 random(11);
  std::uniform_real_distribution<float> place(11, 14), slope(-0.1f, 0.1f);
  std::size_t n_blank = 0, n_values = 0;
  const KernelTable bicubic(Kernel::kBicubic, 1), optimal(Kernel::kOptimal, 1);
  for (int trial = 0; trial < 3000; ++trial) {
    auto pixels = noise(grid, static_cast<unsigned>(trial));
    if (trial % 2 == 1) pixels.data()[random() % pixels.size()] = std::numeric_limits<float>::quiet_NaN();
    const InputView image{pixels.data(), 32, 4, 28, 28};
    float xs[8], ys[8], together[8];
    const float x = place(random), y = place(random), stretch = 1 + slope(random), turn = slope(random);
    for (int i = 0; i < 8; ++i) {
      xs[i] = x + stretch * static_cast<float>(i);
      ys[i] = y + turn * static_cast<float>(i);
    }
    for (int taps : {2, 4, 6}) {
      const KernelTable& table = taps == 4 ? bicubic : optimal;
      const auto interpolate = [&](std::size_t first, std::size_t n, float* values) {
        if (taps == 2)
          sample_bilinear(image, xs + first, ys + first, n, values);
        else
          sample(image, table, table, xs + first, ys + first, n, values);
      };
      interpolate(0, 8, together);
      for (std::size_t i = 0; i < 8; ++i) {
        float alone = 0;
        interpolate(i, 1, &alone);
        REQUIRE(std::isnan(together[i]) == std::isnan(alone));
        (std::isnan(alone) ? n_blank : n_values) += 1;
        if (!std::isnan(alone)) REQUIRE(std::abs(together[i] - alone) < 1e-5f);
      }
    }
  }
  CHECK(n_blank > 500);
  CHECK(n_values > 60000);
}

TEST_CASE("NaN spreads as far as the kernel, and the border of the image is lost") {
  const CelestialGrid grid = test::square_grid(30, 40, 32, 6), to = shifted(grid, 0.5, 0.5);
  NdArray<float, 2> image({32, 32});
  image(16, 16) = std::numeric_limits<float>::quiet_NaN();
  const auto count = [&](Kernel kernel) {
    const auto result = reproject(image.view(), grid, to, kernel, 1, JobContext());
    std::size_t missing = 0;
    for (float value : result) missing += std::isnan(value);
    return missing;
  };
  CHECK(count(Kernel::kBilinear) == 32 * 32 - 31 * 31 + 4);
  CHECK(count(Kernel::kLanczos3) == 32 * 32 - 27 * 27 + 36);
}

namespace {

/// Most that a source of `fwhm` pixels is displaced (pixels) and changed in peak (relative), over random places, tiles
/// and outputs 1 to 10 degrees apart.
struct Worst {
  double position = 0, flux = 0;
};

Worst worst_of(Kernel kernel, double fwhm) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> offset(-100, 100), turn(0, 360), distance(1, 10);
  Worst worst;
  for (double dec : {-30.0, 0.0, 16.15, 54.5, 80.0})
    for (int trial = 0; trial < 12; ++trial) {
      const double ra = trial < 6 ? 359.99 : 83.6;
      const CelestialGrid tile = test::square_grid(ra, dec, 256, 6);
      const Pixel at{128 + offset(random), 128 + offset(random)};
      const double radius = distance(random), angle = turn(random) * kDegree;
      CelestialGrid output = test::square_grid(ra + radius * std::sin(angle) / std::cos(dec * kDegree),
                                               std::min(90.0, dec + radius * std::cos(angle)), 64, 6);
      const auto there = PixelMap(tile, output)(at.x, at.y);
      // A window of the output that shows the source, anywhere within a pixel.
      output = shifted(output, std::floor(there.x) - 32, std::floor(there.y) - 32);
      const Pixel expected{there.x - std::floor(there.x) + 32, there.y - std::floor(there.y) + 32};
      NdArray<float, 2> image({256, 256});
      test::add_gaussian(image.view(), at, 1, fwhm);
      const auto result = reproject(image.view(), tile, output, kernel, 1, JobContext());
      const auto found = test::measure(result.view(), expected);
      worst.position = std::max(worst.position, std::hypot(found.x - expected.x, found.y - expected.y));
      worst.flux = std::max(worst.flux, std::abs(found.peak - 1));
    }
  MESSAGE("beam of " << fwhm << " pixels: displaced by up to " << worst.position << " pixel, peak changed by up to "
                     << 100 * worst.flux << " %");
  return worst;
}

}  // namespace

TEST_CASE("the optimal kernel keeps a source's position to 0.02 pixel and its flux to 0.15 %") {
  for (double fwhm : {4.0, 5.0, 8.0}) {
    const Worst worst = worst_of(Kernel::kOptimal, fwhm);
    CHECK(worst.position < 0.02);
    CHECK(worst.flux < (fwhm < 5 ? 0.0015 : 0.001));
  }
}

TEST_CASE("Lanczos-3 keeps position to 0.02 pixel and flux to 0.5 %, bilinear flux to 6 %") {
  const Worst lanczos = worst_of(Kernel::kLanczos3, 5), bilinear = worst_of(Kernel::kBilinear, 5);
  CHECK(lanczos.position < 0.02);
  CHECK(lanczos.flux < 0.005);
  CHECK(bilinear.position < 0.1);
  CHECK(bilinear.flux < 0.06);
}

TEST_CASE("the number of threads changes no bit") {
  const CelestialGrid tile = test::square_grid(0, 16, 300, 6), output = test::square_grid(359.9, 16.1, 400, 5);
  const auto image = noise(tile, 4);
  const auto one = reproject(image.view(), tile, output, Kernel::kOptimal, 1, JobContext());
  const auto two = reproject(image.view(), tile, output, Kernel::kOptimal, 2, JobContext());
  CHECK(std::memcmp(one.data(), two.data(), one.size() * sizeof(float)) == 0);
}

TEST_CASE("white noise is smoothed as stated") {
  const CelestialGrid grid = test::square_grid(30, 40, 512, 6);
  CelestialGrid finer = grid;
  for (double& element : finer.matrix) element *= 0.937;  // all positions within a pixel occur
  const auto image = noise(grid, 5);
  const auto rms = [&](Kernel kernel) {
    const auto result = reproject(image.view(), grid, finer, kernel, 1, JobContext());
    double sum = 0, n = 0;
    for (float value : result)
      if (!std::isnan(value)) sum += value * value, ++n;
    return std::sqrt(sum / n);
  };
  CHECK(rms(Kernel::kBilinear) == doctest::Approx(2.0 / 3).epsilon(0.02));
  CHECK(rms(Kernel::kLanczos3) == doctest::Approx(0.90).epsilon(0.02));
  CHECK(rms(Kernel::kOptimal) == doctest::Approx(0.86).epsilon(0.02));
}

TEST_CASE("an image that is not of its grid's shape is refused, and a cancelled job stops") {
  const CelestialGrid grid = test::square_grid(30, 40, 64, 6);
  NdArray<float, 2> image({32, 64});
  CHECK_THROWS_AS(reproject(image.view(), grid, grid, Kernel::kBilinear, 1, JobContext()), Error);
  JobContext context;
  context.cancel();
  CHECK_THROWS_AS(reproject(noise(grid, 6).view(), grid, grid, Kernel::kBilinear, 2, context), Cancelled);
}
