#include "mosaic/linmos.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <deque>
#include <limits>
#include <random>
#include <utility>

#include "core/airy.h"
#include "core/nd_array.h"
#include "sky_source.h"

using namespace contimg;
using namespace contimg::mosaic;

namespace {

struct Products {
  explicit Products(const CelestialGrid& grid)
      : mosaic({grid.ny, grid.nx}),
        weight({grid.ny, grid.nx}),
        rms({grid.ny, grid.nx}),
        coverage({grid.ny, grid.nx}),
        chi_square({grid.ny, grid.nx}) {}
  NdArray<float, 2> mosaic, weight, rms, coverage, chi_square;
  std::vector<TileResult> tiles;
};

/// Tiles with the memory that their sources look at.
class Tiles {
 public:
  MosaicTile& add(NdArray<float, 2> image, NdArray<float, 2> beam, const CelestialGrid& grid, double sigma) {
    MosaicTile tile;
    tile.image = keep(std::move(image));
    tile.primary_beam = keep(std::move(beam));
    tile.sigma = sigma;
    tile.grid = grid;
    tiles_.push_back(std::move(tile));
    return tiles_.back();
  }
  std::shared_ptr<PixelSource> keep(NdArray<float, 2> pixels) {
    pixels_.push_back(std::move(pixels));
    return std::make_shared<MemoryPixels>(std::as_const(pixels_.back()).view());
  }
  Products combine(const CelestialGrid& output, const LinmosOptions& options = {}) const {
    Products products(output);
    MemorySink mosaic(products.mosaic.view()), weight(products.weight.view()), rms(products.rms.view()),
        coverage(products.coverage.view()), chi_square(products.chi_square.view());
    products.tiles =
        make_mosaic(tiles_, output, options,
                    {&mosaic, &weight, &rms, &coverage, options.compare_tiles ? &chi_square : nullptr}, JobContext());
    return products;
  }

 private:
  std::vector<MosaicTile> tiles_;
  std::deque<NdArray<float, 2>> pixels_;
};

NdArray<float, 2> filled(const CelestialGrid& grid, float value) {
  NdArray<float, 2> image({grid.ny, grid.nx});
  std::fill(image.begin(), image.end(), value);
  return image;
}

/// A Gaussian primary beam, 1 at the grid's center.
NdArray<float, 2> beam_of(const CelestialGrid& grid, double fwhm) {
  NdArray<float, 2> beam({grid.ny, grid.nx});
  const double k = 4 * std::log(2.0) / (fwhm * fwhm);
  for (std::size_t y = 0; y < grid.ny; ++y)
    for (std::size_t x = 0; x < grid.nx; ++x) {
      const double dx = static_cast<double>(x) - grid.reference_x, dy = static_cast<double>(y) - grid.reference_y;
      beam(y, x) = static_cast<float>(std::exp(-k * (dx * dx + dy * dy)));
    }
  return beam;
}

NdArray<float, 2> noise(const CelestialGrid& grid, double sigma, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, sigma);
  NdArray<float, 2> image({grid.ny, grid.nx});
  for (float& value : image) value = static_cast<float>(normal(random));
  return image;
}

/// Noise as an imager makes it: white noise convolved with a beam of five pixels, of rms sigma.
NdArray<float, 2> beam_noise(const CelestialGrid& grid, double sigma, unsigned seed) {
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

/// Pixels that count how many of them are read.
class CountedPixels {
 public:
  explicit CountedPixels(const NdArray<float, 2>& pixels) : source_(std::make_shared<Source>(pixels)) {}
  std::shared_ptr<const PixelSource> source() const { return source_; }
  std::size_t total() const { return source_->total; }
  std::size_t largest() const { return source_->largest; }

 private:
  struct Source final : PixelSource {
    explicit Source(const NdArray<float, 2>& array) : pixels(array.view()) {}
    std::size_t nx() const override { return pixels.nx(); }
    std::size_t ny() const override { return pixels.ny(); }
    void read(const Window& window, float* out, std::size_t stride) const override {
      const std::size_t n = window.width() * window.height();
      total += n;
      for (std::size_t seen = largest; seen < n && !largest.compare_exchange_weak(seen, n);) continue;
      pixels.read(window, out, stride);
    }
    MemoryPixels pixels;
    mutable std::atomic<std::size_t> total{0}, largest{0};
  };
  std::shared_ptr<Source> source_;
};

}  // namespace

TEST_CASE("two tiles give the estimate of least variance") {
  const CelestialGrid grid = test::square_grid(10, 20, 32, 6);
  Tiles tiles;
  tiles.add(filled(grid, 0.9f * 2.1f), filled(grid, 0.9f), grid, 0.01);  // the sky is 2.1 to one, 1.8 to the other
  tiles.add(filled(grid, 0.4f * 1.8f), filled(grid, 0.4f), grid, 0.02);
  const Products result = tiles.combine(grid);
  // Inverse variances of the two estimates of the sky, I / A with error sigma / A.
  const double w1 = std::pow(0.9 / 0.01, 2), w2 = std::pow(0.4 / 0.02, 2);
  CHECK(result.mosaic(16, 16) == doctest::Approx((w1 * 2.1 + w2 * 1.8) / (w1 + w2)).epsilon(1e-6));
  CHECK(result.rms(16, 16) == doctest::Approx(1 / std::sqrt(w1 + w2)).epsilon(1e-6));
  CHECK(result.weight(16, 16) == doctest::Approx(w1 + w2).epsilon(1e-6));
  CHECK(result.coverage(16, 16) == 2);
  CHECK(result.tiles[0].pixels == 27 * 27);
  CHECK(result.tiles[1].pixels == 27 * 27);
}

TEST_CASE("a tile counts only where its beam reaches the cut-off and its image has a value") {
  const CelestialGrid grid = test::square_grid(10, 20, 101, 6);
  const auto beam = beam_of(grid, 40);
  auto image = filled(grid, 1);
  image(40, 50) = std::numeric_limits<float>::quiet_NaN();
  image(60, 50) = std::numeric_limits<float>::infinity();
  Tiles tiles;
  tiles.add(std::move(image), beam_of(grid, 40), grid, 1);
  const Products result = tiles.combine(grid, {{0.3, Kernel::kBilinear}, {}, false, 0});
  for (std::size_t y = 1; y < 100; ++y)
    for (std::size_t x = 1; x < 100; ++x) {
      // positions come out within 1e-4 of whole pixels, on either side, so that a neighbor's NaN may count
      if (x >= 49 && x <= 51 && (std::abs(static_cast<int>(y) - 50) >= 9 && std::abs(static_cast<int>(y) - 50) <= 11))
        continue;
      if (std::abs(beam(y, x) - 0.3) < 1e-4) continue;
      const bool counts = beam(y, x) >= 0.3;
      CHECK(result.coverage(y, x) == (counts ? 1 : 0));
      CHECK(std::isnan(result.mosaic(y, x)) == !counts);
      CHECK(std::isnan(result.rms(y, x)) == !counts);
      if (counts) CHECK(result.mosaic(y, x) == doctest::Approx(1 / beam(y, x)).epsilon(1e-4));
    }
  CHECK(result.coverage(40, 50) == 0);
  CHECK(result.coverage(60, 50) == 0);
}

TEST_CASE("overlapping tiles of a source show it once, at its place, with its flux") {
  // Nine tiles around RA 0 and the source; flat noise, so the source is attenuated in each.
  const Direction source{0.02 * kDegree, 16.2 * kDegree};
  const CelestialGrid output = test::square_grid(359.9, 16.0, 500, 6);
  Tiles tiles;
  for (double ra : {359.8, 0.0, 0.2})
    for (double dec : {16.0, 16.2, 16.4}) {
      const CelestialGrid grid = test::square_grid(ra, dec, 400, 6);
      NdArray<float, 2> image({400, 400});
      const test::Pixel at = test::pixel_of(grid, source);
      const double response =
          std::exp(-4 * std::log(2.0) * (std::pow(at.x - 200, 2) + std::pow(at.y - 200, 2)) / (300.0 * 300.0));
      test::add_gaussian(image.view(), at, 1.5 * response, 5);
      tiles.add(std::move(image), beam_of(grid, 300), grid, 0.01 * (1 + ra / 360));
    }
  const Products result = tiles.combine(output);
  const test::Pixel expected = test::pixel_of(output, source);
  const auto found = test::measure(result.mosaic.view(), expected);
  CHECK(std::hypot(found.x - expected.x, found.y - expected.y) < 0.02);
  CHECK(found.peak == doctest::Approx(1.5).epsilon(0.003));
}

TEST_CASE("the rms map is the scatter of the mosaic, and chi-square of the tiles is 1") {
  const CelestialGrid output = test::square_grid(50, 30, 128, 6);
  const std::vector<CelestialGrid> grids{test::square_grid(50.0, 30.0, 160, 6), test::square_grid(50.06, 30.01, 160, 6),
                                         test::square_grid(49.99, 30.05, 160, 6)};
  const double sigma[] = {0.01, 0.02, 0.015};
  double scatter = 0, n = 0, map = 0, n_map = 0;
  TileResult sums[3];
  LinmosOptions options;
  options.compare_tiles = true;
  for (unsigned trial = 0; trial < 60; ++trial) {
    Tiles tiles;
    for (std::size_t t = 0; t < grids.size(); ++t)
      tiles.add(beam_noise(grids[t], sigma[t], 100 * trial + static_cast<unsigned>(t)), beam_of(grids[t], 80), grids[t],
                sigma[t]);
    const Products result = tiles.combine(output, options);
    for (std::size_t i = 0; i < result.mosaic.size(); ++i) {
      if (result.coverage.data()[i] == 0) continue;
      scatter += std::pow(result.mosaic.data()[i] / result.rms.data()[i], 2);
      ++n;
      CHECK(std::isnan(result.chi_square.data()[i]) == (result.coverage.data()[i] < 2));
      if (result.coverage.data()[i] > 1) map += result.chi_square.data()[i], ++n_map;
    }
    for (std::size_t t = 0; t < 3; ++t) sums[t].add(result.tiles[t]);
  }
  MESSAGE("scatter over predicted rms: " << std::sqrt(scatter / n) << " from " << n << " pixels");
  CHECK(n > 100000);
  CHECK(std::sqrt(scatter / n) == doctest::Approx(1).epsilon(0.02));
  MESSAGE("chi-square map: " << map / n_map);
  CHECK(map / n_map == doctest::Approx(1).epsilon(0.02));
  for (const TileResult& tile : sums) {
    const double chi_square = tile.chi_square / static_cast<double>(tile.compared);
    MESSAGE("chi-square of a tile: " << chi_square);
    CHECK(chi_square == doctest::Approx(1).epsilon(0.02));
  }
}

TEST_CASE("the noise of N tiles is that of one over sqrt(N)") {
  // Tiles that are shifted by parts of a pixel, so that all are interpolated.
  const CelestialGrid output = test::square_grid(50, 30, 900, 6);
  constexpr double kSigma = 0.01;
  Tiles tiles;
  double rms_of_one = 0;
  for (unsigned n = 1; n <= 8; ++n) {
    const double step = 0.3 * 6 / 3600 * n;
    const CelestialGrid grid = test::square_grid(50 + step, 30 - 0.7 * step, 920, 6);
    MosaicTile& tile = tiles.add(beam_noise(grid, kSigma, n), filled(grid, 1), grid, kSigma);
    const double variance = 25 / (8 * std::log(2.0));
    tile.noise_beam = Covariance{variance, 0, variance};
    if ((n & (n - 1)) != 0) continue;
    const Products result = tiles.combine(output);
    double square = 0, predicted = 0;
    REQUIRE(std::all_of(result.coverage.begin(), result.coverage.end(), [&](float count) { return count == n; }));
    for (std::size_t i = 0; i < result.mosaic.size(); ++i) {
      square += std::pow(result.mosaic.data()[i], 2);
      predicted += std::pow(result.rms.data()[i], 2);
    }
    const double rms = std::sqrt(square / static_cast<double>(result.mosaic.size()));
    if (n == 1) rms_of_one = rms;
    MESSAGE(n << " tiles: rms over that of one " << rms / rms_of_one << ", over that of the map "
              << std::sqrt(square / predicted));
    CHECK(rms / rms_of_one == doctest::Approx(1 / std::sqrt(n)).epsilon(0.02));
    CHECK(square / predicted == doctest::Approx(1).epsilon(0.04));
  }
}

TEST_CASE("what is read grows with the footprints of tiles, and is read in pieces that do not") {
  // A strip of tiles, each of which overlaps with its neighbors.
  constexpr std::size_t kSize = 400;
  for (const std::size_t n : {1, 4, 16}) {
    const double step_deg = 200 * 6.0 / 3600;
    const CelestialGrid output =
        north_up_grid({50 * kDegree, 0}, 6 * kArcsec, 100 * static_cast<double>(n) + 100, 200, 200 * n + 200, kSize);
    const CelestialGrid first = test::square_grid(50, 0, kSize, 6);
    const auto image = filled(first, 1), beam = filled(first, 1);
    CountedPixels images(image), beams(beam);
    std::vector<MosaicTile> tiles(n);
    for (std::size_t t = 0; t < n; ++t) {
      tiles[t].grid =
          test::square_grid(50 + step_deg * (static_cast<double>(t) - static_cast<double>(n - 1) / 2), 0, kSize, 6);
      tiles[t].image = images.source();
      tiles[t].primary_beam = beams.source();
      tiles[t].sigma = 1;
    }
    Products products(output);
    MemorySink mosaic(products.mosaic.view());
    make_mosaic(tiles, output, {}, {&mosaic, nullptr, nullptr, nullptr, nullptr}, JobContext());
    CHECK(images.largest() <= (512 + 10) * (64 + 10));
    CHECK(beams.largest() <= (512 + 10) * (64 + 10));
    const std::size_t tile_pixels = n * kSize * kSize;
    MESSAGE(n << " tiles: " << static_cast<double>(images.total()) / static_cast<double>(tile_pixels)
              << " times their pixels read");
    // Once each, but for the borders of blocks, which lie on the tiles as they come.
    CHECK(images.total() > 0.9 * static_cast<double>(tile_pixels));
    CHECK(images.total() < 1.3 * static_cast<double>(tile_pixels));
    CHECK(beams.total() < 1.3 * static_cast<double>(tile_pixels));
  }
}

TEST_CASE("a noise map weights every pixel by its own noise, and a pixel of unknown noise not at all") {
  const CelestialGrid grid = test::square_grid(10, 20, 32, 6);
  auto noise_map = filled(grid, 0.02f);
  for (std::size_t y = 0; y < 32; ++y)
    for (std::size_t x = 16; x < 32; ++x) noise_map(y, x) = 0.05f;
  for (std::size_t y = 0; y < 32; ++y) noise_map(y, 10) = 0;
  Tiles tiles;
  MosaicTile& tile = tiles.add(filled(grid, 1), filled(grid, 0.5), grid, 0);
  tile.noise = tiles.keep(std::move(noise_map));
  tile.scale = 2;
  const Products result = tiles.combine(grid);
  CHECK(result.rms(16, 8) == doctest::Approx(2 * 0.02 / 0.5).epsilon(1e-6));
  CHECK(result.rms(16, 20) == doctest::Approx(2 * 0.05 / 0.5).epsilon(1e-6));
  CHECK(result.mosaic(16, 8) == doctest::Approx(2 * 1 / 0.5).epsilon(1e-6));
  CHECK(result.coverage(16, 10) == 0);
}

TEST_CASE("a beam by formula weights as its image does") {
  const CelestialGrid grid = test::square_grid(10, 20, 300, 30);
  const Direction pointing{10.3 * kDegree, 20.2 * kDegree};
  const auto beam = RadialBeam::airy(4.65, {1.35e9, 1.45e9}, {1, 3}, {pointing});
  NdArray<float, 2> drawn({300, 300});
  for (std::size_t y = 0; y < 300; ++y)
    for (std::size_t x = 0; x < 300; ++x) {
      const Vec3 direction = PixelMap(grid, grid).direction(static_cast<double>(x), static_cast<double>(y));
      const double sine = norm(cross(direction, unit_vector(pointing)));
      drawn(y, x) = static_cast<float>((airy_power(sine, 4.65, 1.35e9) + 3 * airy_power(sine, 4.65, 1.45e9)) / 4);
    }
  Tiles by_image, by_formula;
  by_image.add(filled(grid, 1), std::move(drawn), grid, 0.1);
  MosaicTile& tile = by_formula.add(filled(grid, 1), filled(grid, 1), grid, 0.1);
  tile.primary_beam = nullptr;
  tile.radial_beam = beam;
  const CelestialGrid output = test::square_grid(10.1, 20.1, 260, 31);
  const Products a = by_image.combine(output), b = by_formula.combine(output);
  std::size_t n = 0;
  for (std::size_t i = 0; i < a.weight.size(); ++i) {
    if (a.coverage.data()[i] != b.coverage.data()[i]) continue;  // at the cut-off
    ++n;
    CHECK(b.weight.data()[i] == doctest::Approx(a.weight.data()[i]).epsilon(2e-3).scale(1));
  }
  CHECK(n > 0.99 * static_cast<double>(a.weight.size()));
}

TEST_CASE("a tile that is wrong in flux and place is told of by the others") {
  const CelestialGrid grid = test::square_grid(10, 20, 200, 6);
  Tiles tiles;
  for (int t = 0; t < 3; ++t) {
    auto image = beam_noise(grid, 0.001, static_cast<unsigned>(t));
    for (double x : {50.3, 99.7, 150.1})
      for (double y : {50.6, 100.2, 149.9}) {
        const bool wrong = t == 2;
        test::add_gaussian(image.view(), {x + (wrong ? 0.3 : 0), y - (wrong ? 0.2 : 0)}, wrong ? 1.1 : 1, 5);
      }
    tiles.add(std::move(image), filled(grid, 1), grid, 0.001);
  }
  LinmosOptions options;
  options.compare_tiles = true;
  const Products result = tiles.combine(grid, options);
  const Agreement wrong = agreement_of(result.tiles[2]);
  CHECK(wrong.flux_ratio == doctest::Approx(1.1).epsilon(0.01));
  CHECK(wrong.x == doctest::Approx(0.3).epsilon(0.05));
  CHECK(wrong.y == doctest::Approx(-0.2).epsilon(0.05));
  CHECK(result.tiles[2].chi_square / static_cast<double>(result.tiles[2].compared) > 10);
}

TEST_CASE("what two tiles contradict in a third is rejected, and nothing else") {
  const CelestialGrid grid = test::square_grid(10, 20, 100, 6);
  Tiles tiles;
  for (int t = 0; t < 3; ++t) {
    auto image = beam_noise(grid, 0.001, static_cast<unsigned>(t));
    test::add_gaussian(image.view(), {30, 30}, 1, 5);
    if (t == 1) test::add_gaussian(image.view(), {70, 70}, 5, 3);  // an aircraft
    tiles.add(std::move(image), filled(grid, 1), grid, 0.001);
  }
  LinmosOptions options;
  options.rejection = {6, 0.1};
  const Products result = tiles.combine(grid, options);
  CHECK(result.coverage(70, 70) == 2);
  CHECK(std::abs(result.mosaic(70, 70)) < 0.004);
  CHECK(result.coverage(30, 30) == 3);
  CHECK(result.mosaic(30, 30) == doctest::Approx(1).epsilon(0.01));
  CHECK(result.tiles[1].rejected > 20);
  CHECK(result.tiles[0].rejected + result.tiles[2].rejected < 20);
}

TEST_CASE("the number of threads changes no bit") {
  const CelestialGrid output = test::square_grid(0, 16, 700, 6);
  Tiles tiles;
  for (unsigned t = 0; t < 3; ++t) {
    const CelestialGrid grid = test::square_grid(359.9 + 0.1 * t, 16, 500, 6);
    tiles.add(noise(grid, 1, t), beam_of(grid, 350), grid, 1);
  }
  for (bool compare : {false, true}) {
    LinmosOptions options;
    options.compare_tiles = compare;
    options.threads = 1;
    const Products one = tiles.combine(output, options);
    options.threads = 2;
    const Products two = tiles.combine(output, options);
    const auto same = [](const NdArray<float, 2>& a, const NdArray<float, 2>& b) {
      return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
    };
    CHECK(same(one.mosaic, two.mosaic));
    CHECK(same(one.weight, two.weight));
    CHECK(same(one.rms, two.rms));
    CHECK(same(one.coverage, two.coverage));
    CHECK(same(one.chi_square, two.chi_square));
    for (int t = 0; t < 3; ++t) {
      CHECK(one.tiles[t].pixels == two.tiles[t].pixels);
      CHECK(one.tiles[t].chi_square == two.tiles[t].chi_square);
    }
  }
}

TEST_CASE("a tile outside the output adds nothing; shapes, sigma and beams that cannot be are refused") {
  const CelestialGrid grid = test::square_grid(10, 20, 32, 6), far = test::square_grid(40, 20, 32, 6);
  const auto with = [&](auto change) {
    Tiles tiles;
    change(&tiles, tiles.add(filled(grid, 1), filled(grid, 1), grid, 1));
    return tiles.combine(grid);
  };
  const Products outside = with([&](Tiles*, MosaicTile& tile) { tile.grid = far; });
  CHECK(outside.tiles[0].pixels == 0);
  CHECK(std::isnan(outside.mosaic(16, 16)));
  CHECK(outside.weight(16, 16) == 0);
  const auto small = [&](Tiles* tiles) { return tiles->keep(NdArray<float, 2>({16, 32})); };
  CHECK_THROWS_AS(with([&](Tiles* tiles, MosaicTile& tile) { tile.image = small(tiles); }), Error);
  CHECK_THROWS_AS(with([&](Tiles* tiles, MosaicTile& tile) { tile.primary_beam = small(tiles); }), Error);
  CHECK_THROWS_AS(with([&](Tiles* tiles, MosaicTile& tile) { tile.noise = small(tiles); }), Error);
  CHECK_THROWS_AS(with([&](Tiles*, MosaicTile& tile) { tile.primary_beam = nullptr; }), Error);
  for (double value : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    CHECK_THROWS_AS(with([&](Tiles*, MosaicTile& tile) { tile.sigma = value; }), Error);
    CHECK_THROWS_AS(with([&](Tiles*, MosaicTile& tile) { tile.scale = value; }), Error);
  }
}
