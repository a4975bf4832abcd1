#include "imaging/tile_imager.h"

#include <doctest/doctest.h>

#include <cmath>

#include "coordinates/tile_center.h"
#include "direct_image.h"
#include "imaging/image_statistics.h"
#include "memory_source.h"

using namespace contimg;
using namespace contimg::imaging;
using contimg::test::direct_sum;
using contimg::test::MemorySource;
using contimg::test::PointSource;

namespace {

/// ICRS direction of a pixel: the inverse of the SIN projection (Calabretta & Greisen 2002, section 5.1.5).
Direction direction_of(const SkyGrid& grid, double x, double y) {
  const double l = -(x - double(grid.nx / 2)) * grid.cell_rad, m = (y - double(grid.ny / 2)) * grid.cell_rad;
  const double n = std::sqrt(1 - l * l - m * m), dec0 = grid.center.dec_rad;
  return {grid.center.ra_rad + std::atan2(l, n * std::cos(dec0) - m * std::sin(dec0)),
          std::asin(m * std::cos(dec0) + n * std::sin(dec0))};
}

TileOptions options_of(std::size_t n, double cell_arcsec) {
  TileOptions options;
  options.nx = options.ny = n;
  options.cell_rad = cell_arcsec * kArcsec;
  options.weighting = {WeightingScheme::kNatural, 0};
  options.threads = 2;
  return options;
}

std::string code_of(MemorySource& source, const TileOptions& options) {
  try {
    image_tile(source, options, JobContext());
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

}  // namespace

TEST_CASE("tile: the dirty image is the direct sum over apparent directions, out to 2 degrees from the center") {
  MemorySource source(14, 5, 6);
  TileOptions options = options_of(512, 30);
  options.clean.max_iterations = 0;
  const SkyGrid grid{tile_center(source.observation()), 512, 512, options.cell_rad};
  for (const auto& [x, y] : {std::pair(256.0, 256.0), {30.3, 470.2}, {490.6, 20.1}, {300.0, 100.5}})
    source.add({direction_of(grid, x, y), 1 + x / 500});
  const TileImages tile = image_tile(source, options, JobContext());
  double worst = 0, peak = 0;
  for (std::size_t y = 20; y < 512; y += 18)
    for (std::size_t x = 30; x < 512; x += 23) {
      const double expected = direct_sum(source, direction_of(grid, double(x), double(y)));
      peak = std::max(peak, std::abs(expected));
      worst = std::max(worst, std::abs(tile.dirty(y, x) - expected));
    }
  CHECK(peak > 0.5);
  CHECK(worst < 1e-4 * peak);
  CHECK(tile.psf(256, 256) == doctest::Approx(1).epsilon(1e-5));
  CHECK(tile.n_visibilities == 14 * 13 / 2 * 5 * 6);
}

TEST_CASE("tile: sources seen through the drifting beam come out with their flux and place") {
  MemorySource source(30, 6, 8);
  std::vector<double> times;
  for (std::size_t t = 0; t < 6; ++t) times.push_back(60700.9 * kSecondsPerDay + 60.0 * double(t));
  source.set_times(times);  // a drift of 1.2 degrees
  TileOptions options = options_of(512, 20);
  options.spectral_index = 0;
  const SkyGrid grid{tile_center(source.observation()), 512, 512, options.cell_rad};
  const std::vector<std::array<double, 3>> sources{
      {120.4, 300.7, 1}, {350.2, 160.9, 0.5}, {256, 256, 0.2}, {400, 420, 2}};
  for (const auto& [x, y, flux] : sources) source.add({direction_of(grid, x, y), flux}, true);
  options.clean.threshold_jy = 2e-4;
  options.clean.mask_sigma = options.clean.threshold_sigma = 0;
  const TileImages tile = image_tile(source, options, JobContext());
  CHECK(tile.clean.cycles.back().peak_jy < 1e-3);
  const auto corrected = divide_by_beam(tile.restored.view(), tile.primary_beam.view(), 0.1);
  for (const auto& [x, y, flux] : sources) {
    const std::size_t column = std::llround(x), row = std::llround(y);
    // The peak lies between pixels: the beam's fall to the nearest one is that of a Gaussian.
    const double dx = (x - double(column)) * options.cell_rad, dy = (y - double(row)) * options.cell_rad;
    const double fall =
        std::exp(-4 * std::log(2.0) * (dx * dx + dy * dy) / (tile.beam.major_rad * tile.beam.minor_rad));
    CHECK(corrected(row, column) == doctest::Approx(flux * fall).epsilon(0.01));
  }
}

TEST_CASE("tile: a start model is subtracted where its sources are and comes back with their flux and place") {
  MemorySource source(30, 6, 8);
  TileOptions options = options_of(512, 20);
  options.spectral_index = -0.7;  // that the sources do not have
  const SkyGrid grid{tile_center(source.observation()), 512, 512, options.cell_rad};
  // The third is beyond the image, the last beyond the third null of the beam.
  const std::vector<std::array<double, 3>> sources{
      {120.4, 300.7, 1}, {350.2, 160.9, 0.5}, {560.5, 256.3, 3}, {2600.5, 256.3, 100}};
  for (const auto& [x, y, flux] : sources) {
    const Direction direction = direction_of(grid, x, y);
    source.add({direction, flux}, true);
    options.start_model.push_back({direction, flux, 0});
  }
  options.clean.max_iterations = 0;
  const TileImages tile = image_tile(source, options, JobContext());
  CHECK(peak_absolute(tile.dirty.view()) > 0.4);
  CHECK(peak_absolute(tile.residual.view()) < 5e-5);
  CHECK(tile.model(301, 120) > 0.3);  // attenuated
  const auto corrected = divide_by_beam(tile.restored.view(), tile.primary_beam.view(), 0.1);
  const double width = tile.beam.major_rad * tile.beam.minor_rad / (options.cell_rad * options.cell_rad);
  const double fall = std::exp(-4 * std::log(2.0) * (0.4 * 0.4 + 0.3 * 0.3) / width);
  CHECK(corrected(301, 120) == doctest::Approx(fall).epsilon(5e-3));

  // What the catalogue has wrong is left to clean.
  options.start_model = {{options.start_model[0].direction, 0.8, 0}};
  options.clean.max_iterations = 2000;
  options.clean.threshold_jy = 2e-3;
  options.clean.mask_sigma = options.clean.threshold_sigma = 0;
  const TileImages cleaned = image_tile(source, options, JobContext());
  const auto found = divide_by_beam(cleaned.restored.view(), cleaned.primary_beam.view(), 0.1);
  CHECK(found(301, 120) == doctest::Approx(fall).epsilon(0.02));
}

TEST_CASE("tile: what a diverged cycle found of spectra is taken back") {
  MemorySource source(30, 3, 6);
  source.add({tile_center(source.observation()), 3});
  for (std::size_t row = 0, i = 0; row < source.observation().n_rows(); ++row) {  // phases that no sky explains
    const double phase =
        0.5 * (std::sin(7.0 * source.observation().antenna1[row]) - std::sin(7.0 * source.observation().antenna2[row]));
    for (std::size_t k = 0; k < 12; ++k) source.visibilities[i++] *= std::polar(1.0f, static_cast<float>(phase));
  }
  TileOptions options = options_of(128, 30);
  options.spectral_terms = 2;
  options.outer_sources = false;
  options.clean.mask_sigma = options.clean.threshold_sigma = 0;
  options.clean.max_major_cycles = 60;
  options.clean.max_iterations = 1000000;
  const TileImages diverged = image_tile(source, options, JobContext());
  REQUIRE(diverged.clean.stop == CleanStop::kDiverged);
  options.clean.max_major_cycles = diverged.clean.cycles.size();
  const TileImages before = image_tile(source, options, JobContext());
  CHECK(std::equal(diverged.restored.begin(), diverged.restored.end(), before.restored.begin()));
  std::size_t n_known = 0;
  for (std::size_t i = 0; i < before.spectral_index.size(); ++i) {
    const float expected = before.spectral_index.data()[i], found = diverged.spectral_index.data()[i];
    REQUIRE(std::isnan(found) == std::isnan(expected));
    if (std::isnan(expected)) continue;
    ++n_known;
    REQUIRE(found == doctest::Approx(expected).epsilon(1e-3));
  }
  CHECK(n_known > 0);
}

TEST_CASE("tile: size and cell follow from beam and field") {
  MemorySource source(40, 4, 6);
  source.add({tile_center(source.observation()), 1});
  TileOptions options;
  options.clean.max_iterations = 0;
  options.weighting = {WeightingScheme::kBriggs, 0.5};
  SUBCASE("with Briggs weights") {}
  SUBCASE("with a taper to a beam four times as wide") { options.weighting.taper.fwhm_rad = 0.15 * kDegree; }
  SUBCASE("with the short baselines alone") { options.weighting.range.max_wavelengths = 300; }
  const TileImages tile = image_tile(source, options, JobContext());
  const double cells_per_beam = tile.beam.minor_rad / tile.grid.cell_rad;
  CHECK(cells_per_beam > 4.5);
  CHECK(cells_per_beam < 6);
  for (const std::size_t n : {tile.grid.nx, tile.grid.ny}) CHECK(n % 2 == 0);
  // The image ends where the beam has fallen to a tenth, on either axis.
  const std::size_t cx = tile.grid.nx / 2, cy = tile.grid.ny / 2;
  for (const float edge : {tile.primary_beam(cy, 0), tile.primary_beam(cy, tile.grid.nx - 1), tile.primary_beam(0, cx),
                           tile.primary_beam(tile.grid.ny - 1, cx)})
    CHECK(edge == doctest::Approx(0.1).epsilon(0.1));
}

TEST_CASE("tile: one thread and two give the same bits") {
  MemorySource source(12, 4, 6);
  const Direction center = tile_center(source.observation());
  source.add({{center.ra_rad + 0.004, center.dec_rad - 0.003}, 1}, true);
  TileOptions options = options_of(256, 20);
  options.weighting = {WeightingScheme::kBriggs, 0};
  const TileImages two = image_tile(source, options, JobContext());
  options.threads = 1;
  const TileImages one = image_tile(source, options, JobContext());
  for (const auto member : {&TileImages::dirty, &TileImages::psf, &TileImages::model, &TileImages::residual,
                            &TileImages::restored, &TileImages::primary_beam})
    CHECK(std::equal((one.*member).begin(), (one.*member).end(), (two.*member).begin()));
}

TEST_CASE("tile: too little data and impossible grids are refused") {
  MemorySource one_baseline(2, 1, 1);
  CHECK(code_of(one_baseline, options_of(128, 10)) == code::kNoValidData);
  CHECK(code_of(one_baseline, TileOptions{}) == code::kNoValidData);
  MemorySource source(12, 2, 4);
  CHECK(code_of(source, options_of(1024, 3600)) == code::kInvalidArgument);
  CHECK(code_of(source, options_of(64, 300)) == code::kInvalidArgument);
  source.flags.assign(source.flags.size(), 1);
  CHECK(code_of(source, options_of(128, 20)) == code::kNoValidData);
}

TEST_CASE("tile: progress runs forward and cancelling stops the job") {
  MemorySource source(12, 3, 4);
  source.add({tile_center(source.observation()), 1});
  double last = 0;
  bool forward = true;
  image_tile(source, options_of(128, 20), JobContext([&](double fraction) {
               forward = forward && fraction >= last;
               last = fraction;
             }));
  CHECK(forward);
  CHECK(last == 1);
  JobContext cancelled;
  cancelled.cancel();
  CHECK_THROWS_AS(image_tile(source, options_of(128, 20), cancelled), Cancelled);
}
