#include "mosaic/survey.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "core/nd_array.h"
#include "sky_source.h"

using namespace contimg;
using namespace contimg::mosaic;

namespace {

struct Extent {
  double left = 1e300, right = -1e300, bottom = 1e300, top = -1e300;
  void hold(const PixelMap::Position& at) {
    left = std::min(left, at.x), right = std::max(right, at.x);
    bottom = std::min(bottom, at.y), top = std::max(top, at.y);
  }
};

MosaicTile tile_with(const CelestialGrid& grid, const NdArray<float, 2>& image, const NdArray<float, 2>& beam) {
  MosaicTile tile;
  tile.image = std::make_shared<MemoryPixels>(image.view());
  tile.primary_beam = std::make_shared<MemoryPixels>(beam.view());
  tile.sigma = 1;
  tile.grid = grid;
  return tile;
}

}  // namespace

TEST_CASE("an outline has the extent of all pixels that count, on any grid, and few points") {
  constexpr std::size_t kSize = 701;
  const CelestialGrid grid = test::square_grid(10, 54, kSize, 30);
  const NdArray<float, 2> image({kSize, kSize});
  const struct {
    std::string name;
    double radius, tilt;  // a disk, or a square that is turned
  } shapes[] = {{"disk", 300, 0}, {"square", 0, 0}, {"turned square", 0, 0.3}};
  for (const auto& shape : shapes) {
    CAPTURE(shape.name);
    NdArray<float, 2> beam({kSize, kSize});
    for (std::size_t y = 0; y < kSize; ++y)
      for (std::size_t x = 0; x < kSize; ++x) {
        const double dx = static_cast<double>(x) - 350, dy = static_cast<double>(y) - 350;
        const double u = std::cos(shape.tilt) * dx + std::sin(shape.tilt) * dy,
                     v = std::cos(shape.tilt) * dy - std::sin(shape.tilt) * dx;
        const double distance = shape.radius > 0 ? std::hypot(dx, dy) / shape.radius
                                                 : std::max(std::abs(u), std::abs(v)) / (shape.tilt > 0 ? 260 : 350);
        beam(y, x) = distance <= 1 ? 1 : 0;
      }
    const TileSurvey survey = survey_tile(tile_with(grid, image, beam), 0.1, false, 1, JobContext());
    MESSAGE(shape.name << ": " << survey.outline.size() << " points");
    CHECK(survey.outline.size() < 4 * kSize / 8 + 300);
    for (const Projection projection : {Projection::kSin, Projection::kTan, Projection::kZea})
      for (const double ra_deg : {10.0, 30.0}) {
        const CelestialGrid output =
            north_up_grid({ra_deg * kDegree, 60 * kDegree}, 30 * kArcsec, 0, 0, 1, 1, projection);
        const PixelMap map(grid, output);
        Extent all, outline;
        for (std::size_t y = 0; y < kSize; ++y)
          for (std::size_t x = 0; x < kSize; ++x)
            if (beam(y, x) > 0) all.hold(map(static_cast<double>(x), static_cast<double>(y)));
        for (const Direction& direction : survey.outline) outline.hold(map.project(unit_vector(direction)));
        CHECK(std::abs(outline.left - all.left) < 0.005);
        CHECK(std::abs(outline.right - all.right) < 0.005);
        CHECK(std::abs(outline.bottom - all.bottom) < 0.005);
        CHECK(std::abs(outline.top - all.top) < 0.005);
      }
  }
}

TEST_CASE("a survey counts, and finds peaks and noise, where the beam lets a tile count") {
  const CelestialGrid grid = test::square_grid(10, 20, 100, 6);
  NdArray<float, 2> image({100, 100}), beam({100, 100});
  for (std::size_t y = 0; y < 100; ++y)
    for (std::size_t x = 0; x < 100; ++x) {
      beam(y, x) = x < 50 ? 0.8f : 0.05f;
      image(y, x) = (x + y) % 2 == 0 ? 1.0f : -1.0f;
    }
  image(10, 20) = 7;
  image(10, 70) = 9;
  image(11, 20) = std::numeric_limits<float>::quiet_NaN();
  const TileSurvey survey = survey_tile(tile_with(grid, image, beam), 0.1, true, 2, JobContext());
  CHECK(survey.counting == 50 * 100 - 1);
  CHECK(survey.peak == 7);
  CHECK(survey.beam_peak == doctest::Approx(0.8));
  CHECK(survey.rms > 1.4);
  CHECK(survey.rms < 3);
}
