#include "imaging/joint_mosaic.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "coordinates/tile_center.h"
#include "core/error.h"
#include "direct_image.h"
#include "imaging/image_statistics.h"
#include "memory_source.h"

using namespace contimg;
using namespace contimg::imaging;
using contimg::test::direct_sum;
using contimg::test::MemorySource;
using contimg::test::PointSource;

namespace {

/// Hands out a source that stays.
class Borrowed final : public VisibilitySource {
 public:
  explicit Borrowed(MemorySource& source) : source_(source) {}
  const Observation& observation() const override { return source_.observation(); }
  void read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) override {
    source_.read(consume, context);
  }

 private:
  MemorySource& source_;
};

std::vector<OpenSource> openers(std::vector<MemorySource>& sources) {
  std::vector<OpenSource> result;
  for (MemorySource& source : sources) result.push_back([&source] { return std::make_unique<Borrowed>(source); });
  return result;
}

/// Tiles one after another along right ascension.
std::vector<MemorySource> strip(std::size_t n_tiles, double apart_deg, std::size_t n_antennas) {
  std::vector<MemorySource> tiles;
  for (std::size_t i = 0; i < n_tiles; ++i) {
    tiles.emplace_back(n_antennas, 4, 5);
    std::vector<double> times;
    for (std::size_t t = 0; t < 4; ++t)
      times.push_back(60700.9 * kSecondsPerDay + 240 * apart_deg * double(i) + 60.0 * double(t));
    tiles.back().set_times(times);
  }
  return tiles;
}

JointOptions options_of(double cell_arcsec) {
  JointOptions options;
  options.tile.cell_rad = cell_arcsec * kArcsec;
  options.tile.weighting = {WeightingScheme::kNatural, 0};
  options.tile.outer_sources = false;
  options.tile.threads = 2;
  return options;
}

/// ICRS direction of a pixel: the inverse of the SIN projection (Calabretta & Greisen 2002, section 5.1.5).
Direction direction_of(const SkyGrid& grid, std::size_t y, std::size_t x) {
  const double l = grid.l - (double(x) - double(grid.nx / 2)) * grid.cell_rad,
               m = grid.m + (double(y) - double(grid.ny / 2)) * grid.cell_rad;
  const double n = std::sqrt(1 - l * l - m * m), dec0 = grid.center.dec_rad;
  return {grid.center.ra_rad + std::atan2(l, n * std::cos(dec0) - m * std::sin(dec0)),
          std::asin(m * std::cos(dec0) + n * std::sin(dec0))};
}

/// Where a direction lies between pixels, y and x, by the projection itself.
std::array<double, 2> position_of(const SkyGrid& grid, const Direction& d) {
  const double ra = d.ra_rad - grid.center.ra_rad, dec0 = grid.center.dec_rad;
  const double l = std::cos(d.dec_rad) * std::sin(ra);
  const double m = std::sin(d.dec_rad) * std::cos(dec0) - std::cos(d.dec_rad) * std::sin(dec0) * std::cos(ra);
  return {double(grid.ny / 2) + (m - grid.m) / grid.cell_rad, double(grid.nx / 2) - (l - grid.l) / grid.cell_rad};
}

std::array<std::size_t, 2> pixel_of(const SkyGrid& grid, const Direction& d) {
  const auto [y, x] = position_of(grid, d);
  return {std::size_t(std::llround(y)), std::size_t(std::llround(x))};
}

/// Power of the beam, averaged over integrations and channels alike.
double mean_beam(const MemorySource& source, const Direction& direction) {
  const Observation& o = source.observation();
  double mean = 0;
  for (std::size_t t = 0; t < o.time_mjd_s.size(); ++t) {
    const Vec3 s = apparent_itrf(direction, o.time_mjd_s[t], o.site, {}),
               s0 = apparent_itrf(o.phase_center[t], o.time_mjd_s[t], o.site, {});
    for (const double freq : o.freq_hz)
      mean += airy_power(norm(cross(s, s0)), 4.65, freq) / double(o.time_mjd_s.size() * o.n_channels());
  }
  return mean;
}

}  // namespace

TEST_CASE("joint mosaic: dirty, it is the weighted mean of direct sums over tiles, up to 7 degrees from its center") {
  std::vector<MemorySource> tiles = strip(4, 3.2, 10);
  const Direction first = tile_center(tiles.front().observation()), last = tile_center(tiles.back().observation());
  for (const auto& [east_deg, north_deg] : {std::pair(-0.7, 0.4), {1.9, -1.1}, {4.4, 0.2}, {9.9, -0.3}})
    for (MemorySource& tile : tiles)
      tile.add({{first.ra_rad + east_deg * kDegree, first.dec_rad + north_deg * kDegree}, 1 + 0.1 * east_deg}, true);
  JointOptions options = options_of(30);
  options.tile.spectral_index = 0;
  options.tile.clean.max_iterations = 0;
  const JointImages joint = image_jointly(openers(tiles), options, JobContext());
  CHECK((last.ra_rad - first.ra_rad) / kDegree == doctest::Approx(9.6).epsilon(0.01));
  double worst = 0, peak = 0, most_tiles = 0;
  for (std::size_t y = 4; y < joint.grid.ny; y += 61)
    for (std::size_t x = 7; x < joint.grid.nx; x += 37) {
      double above = 0, below = 0, n_tiles = 0;
      bool at_cutoff = false;
      for (std::size_t t = 0; t < tiles.size(); ++t) {
        const Direction direction = direction_of(joint.grid, y, x);
        const double dirty = direct_sum(tiles[t], direction), beam = mean_beam(tiles[t], direction);
        at_cutoff |= std::abs(beam - 0.1) < 1e-3;
        if (beam < 0.1) continue;
        const double weight = 1 / (joint.tiles[t].rms_jy * joint.tiles[t].rms_jy);
        above += weight * beam * dirty, below += weight * beam * beam, n_tiles += 1;
      }
      if (at_cutoff) continue;
      most_tiles = std::max(most_tiles, n_tiles);
      REQUIRE(joint.coverage(y, x) == n_tiles);
      REQUIRE(std::isnan(joint.mosaic(y, x)) == (n_tiles == 0));
      if (n_tiles == 0) continue;
      CHECK(joint.weight(y, x) == doctest::Approx(below).epsilon(1e-3));
      peak = std::max(peak, std::abs(above / below));
      worst = std::max(worst, std::abs(joint.mosaic(y, x) - above / below));
    }
  CHECK(most_tiles >= 2);
  CHECK(peak > 0.5);
  CHECK(worst < 5e-4 * peak);  // of A, where it is 0.1, to 5e-6
}

TEST_CASE("joint mosaic: sources anywhere come out with their flux, and their sidelobes go from all tiles") {
  std::vector<MemorySource> tiles = strip(3, 1.6, 30);
  const Direction first = tile_center(tiles.front().observation());
  const std::vector<PointSource> sources{
      {{first.ra_rad - 1.3 * kDegree, first.dec_rad + 0.2 * kDegree}, 8},  // hardly seen by the last
      {{first.ra_rad + 1.1 * kDegree, first.dec_rad - 0.6 * kDegree}, 1},
      {{first.ra_rad + 2.5 * kDegree, first.dec_rad + 0.9 * kDegree}, 0.3},
      {{first.ra_rad + 4.0 * kDegree, first.dec_rad - 0.1 * kDegree}, 0.5}};
  for (MemorySource& tile : tiles)
    for (const PointSource& source : sources) tile.add(source, true);
  JointOptions options = options_of(32);
  options.tile.spectral_index = 0;
  options.tile.clean.threshold_jy = 3e-4;
  options.tile.clean.mask_sigma = options.tile.clean.threshold_sigma = 0;
  SUBCASE("of components on pixels") { options.tile.point_sources = false; }
  SUBCASE("as points between pixels") { options.tile.point_sources = true; }
  const JointImages joint = image_jointly(openers(tiles), options, JobContext());
  CHECK(joint.clean.stop == CleanStop::kThreshold);
  CHECK(joint.clean.cycles.back().peak_jy < 2e-3);
  for (const PointSource& source : sources) {
    const auto [y, x] = pixel_of(joint.grid, source.direction);
    double peak = 0, flux = 0;  // of the mosaic; of the model
    for (std::size_t v = y - 10; v <= y + 10; ++v)
      for (std::size_t u = x - 10; u <= x + 10; ++u) {
        peak = std::max<double>(peak, joint.mosaic(v, u));
        flux += joint.model(v, u);
      }
    CAPTURE(source.flux_jy);
    CHECK(flux == doctest::Approx(source.flux_jy).epsilon(0.005));
    CHECK(peak < 1.01 * source.flux_jy);
    CHECK(peak > 0.9 * source.flux_jy);
    if (!options.tile.point_sources) continue;
    const auto [at_y, at_x] = position_of(joint.grid, source.direction);
    NdArray<float, 2> beam(joint.mosaic.shape());
    restore_point(source.flux_jy, at_x, at_y, joint.beam, joint.grid.cell_rad, beam.view());
    for (std::size_t v = y - 3; v <= y + 3; ++v)
      for (std::size_t u = x - 3; u <= x + 3; ++u)
        CHECK(std::abs(joint.mosaic(v, u) - beam(v, u)) < 0.004 * source.flux_jy + 1e-3);
  }
  // Nothing is left of the brightest in the tile that does not show it.
  const auto& far = joint.tiles.back();
  CHECK(far.rms_jy < 2e-4);

  options.tile.clean.max_major_cycles = 1;
  const JointImages two = image_jointly(openers(tiles), options, JobContext());
  options.tile.threads = 1;
  const JointImages one = image_jointly(openers(tiles), options, JobContext());
  CHECK(std::memcmp(one.mosaic.data(), two.mosaic.data(), one.mosaic.size() * sizeof(float)) == 0);
}

TEST_CASE("joint mosaic: sources beyond it are subtracted, and take nothing from those within") {
  std::vector<MemorySource> tiles = strip(2, 1.6, 24);
  const Direction first = tile_center(tiles.front().observation());
  const auto at = [&](double east_deg, double north_deg) {
    return Direction{first.ra_rad + east_deg * kDegree, first.dec_rad + north_deg * kDegree};
  };
  const std::vector<PointSource> inner{{at(-0.8, 0.3), 4}, {at(1.1, -0.6), 0.5}, {at(2.2, 0.5), 0.1}};
  const std::vector<PointSource> outer{{at(0.4, 2.5), 6}, {at(1.2, -2.6), 8}};
  for (MemorySource& tile : tiles) {
    for (const PointSource& source : inner) tile.add(source, true);
    for (const PointSource& source : outer) tile.add(source, true);
  }
  JointOptions options = options_of(32);
  options.tile.spectral_index = 0;
  options.tile.outer_sources = true;
  const JointImages joint = image_jointly(openers(tiles), options, JobContext());
  for (const PointSource& source : inner) {
    const auto [y, x] = pixel_of(joint.grid, source.direction);
    double flux = 0;
    for (std::size_t v = y - 3; v <= y + 3; ++v)
      for (std::size_t u = x - 3; u <= x + 3; ++u) flux += joint.model(v, u);
    CHECK(flux == doctest::Approx(source.flux_jy).epsilon(0.02));
  }
  for (std::size_t t = 0; t < tiles.size(); ++t)
    for (const PointSource& source : outer) {
      const double seen_jy = source.flux_jy * mean_beam(tiles[t], source.direction);
      const TangentAxes axes = tangent_axes(joint.tiles[t].center);
      const Vec3 s = unit_vector(source.direction);
      double found_jy = 0;
      for (const Component& component : joint.tiles[t].outer)
        if (std::hypot(component.l - dot(s, axes.east), component.m - dot(s, axes.north)) < 5 * kArcsec)
          found_jy += component.flux_jy;
      CAPTURE(seen_jy);
      CHECK(found_jy == doctest::Approx(seen_jy).epsilon(0.02));
    }
}

TEST_CASE("joint mosaic: what cannot be made is refused") {
  const auto code_of = [](std::vector<MemorySource>& tiles, const JointOptions& options) -> std::string {
    try {
      image_jointly(openers(tiles), options, JobContext());
    } catch (const Error& error) {
      return error.code();
    }
    return "none";
  };
  std::vector<MemorySource> none, tiles = strip(2, 1.6, 6), far = strip(2, 70, 6);
  JointOptions options = options_of(60);
  options.tile.clean.max_iterations = 0;
  CHECK(code_of(none, options) == code::kInvalidArgument);
  CHECK(code_of(far, options) == code::kMosaic);
  CHECK(code_of(tiles, options) == code::kMosaic);  // no noise at all
  tiles[1].add({tile_center(tiles[1].observation()), 1});
  tiles[0].add({tile_center(tiles[1].observation()), 1});
  CHECK(code_of(tiles, options) == "none");
  options.max_pixels = 1000;
  CHECK(code_of(tiles, options) == code::kMosaic);
  options.max_pixels = 100000000;
  tiles[1].weights.assign(tiles[1].weights.size(), 0);
  CHECK(code_of(tiles, options) == code::kNoValidData);
}
