#include <doctest/doctest.h>

#include <algorithm>

#include "core/error.h"
#include "gridding_truth.h"
#include "imaging/gridding_plan.h"
#include "imaging/image_depth.h"

using namespace contimg;
using namespace contimg::imaging;
using namespace contimg::test;

namespace {

/// Centers of facets, degrees along l and m from where w points to.
const std::vector<std::pair<double, double>> kOffsets{{0.3, -0.2}, {-2, 1}, {0, 4.5}, {-7, 0}, {5, -5}};

ImageGrid facet(double l_deg, double m_deg, double field_deg, std::size_t nx, std::size_t ny) {
  return {nx, ny, field_deg * kDegree / static_cast<double>(nx), std::sin(l_deg * kDegree), std::sin(m_deg * kDegree)};
}

RandomObservation flat_array() {
  std::mt19937 random(31);
  return observe(t_shaped_array(20, random), 16 * kDegree, 3, 0.085, 12, random);
}

RandomObservation deep_array() {
  std::mt19937 random(32);
  return observe(ball_array(16, random), 0.5, 2, 1, 10, random);
}

}  // namespace

TEST_CASE("facets: gridding and degridding keep their accuracy up to 7 degrees from where w points to") {
  for (const RandomObservation& observation : {flat_array(), deep_array()})
    for (const auto& [l_deg, m_deg] : kOffsets) {
      CAPTURE(l_deg);
      CAPTURE(m_deg);
      const ImageGrid grid = facet(l_deg, m_deg, 4, 320, 270);
      for (const double epsilon : {1e-3, 1e-5}) {
        CHECK(image_error(observation, grid, epsilon) < epsilon);
        CHECK(visibility_error(observation, grid, epsilon) < epsilon);
      }
      CHECK(image_error<double>(observation, grid, 1e-10) < 1e-10);
      CHECK(adjoint_error<double>(observation, grid, 1e-5) < 1e-12);
    }
}

TEST_CASE("facets: those finer than the visibilities need are made from half the resolution as well") {
  const RandomObservation observation = flat_array();
  double longest_m = 0;
  for (const Vec3& uvw : observation.uvw_m)
    longest_m = std::max({longest_m, std::abs(uvw.x), std::abs(uvw.y), std::abs(uvw.z)});
  const double cell_rad = kSpeedOfLight / observation.freq_hz(11) / longest_m / 8;
  for (const auto& [l_deg, m_deg] : kOffsets) {
    const ImageGrid grid{512, 450, cell_rad, std::sin(l_deg * kDegree), std::sin(m_deg * kDegree)};
    CHECK(image_error(observation, grid, 1e-5) < 1e-5);
    CHECK(visibility_error(observation, grid, 1e-5) < 1e-5);
  }
}

TEST_CASE("facets: take about as many planes as an image about where w points to") {
  const RandomObservation observation = flat_array();
  const auto planes = [&](const ImageGrid& grid) {
    return plan_gridding<float>(observation.uvw_m.view(), observation.freq_hz.view(), observation.weights.view(), grid,
                                {1e-5, 1})
        .n_planes;
  };
  const std::size_t at_center = planes(facet(0, 0, 4, 512, 512));
  for (const auto& [l_deg, m_deg] : kOffsets) CHECK(planes(facet(l_deg, m_deg, 4, 512, 512)) <= at_center + 4);
}

TEST_CASE("facets: depth is what n has beside its plane, and as it was about the center") {
  for (const auto& [l_deg, m_deg] : kOffsets) {
    const ImageGrid grid = facet(l_deg, m_deg, 4, 64, 48);
    const ImageDepth depth(grid);
    double largest = 0, steepest = 0;
    for (int y = -24; y <= 24; ++y)
      for (int x = -32; x <= 32; ++x) {
        const long double dl = -x * static_cast<long double>(grid.cell_rad), dm = y * grid.cell_rad, l0 = grid.l,
                          m0 = grid.m, n0 = std::sqrt(1 - l0 * l0 - m0 * m0),
                          n = std::sqrt(1 - (l0 + dl) * (l0 + dl) - (m0 + dm) * (m0 + dm));
        const double expected = static_cast<double>(n - n0 + (l0 * dl + m0 * dm) / n0);
        CHECK(std::abs(depth.at(double(dl), double(dm)) - expected) < 1e-17);
        largest = std::max(largest, -expected);
        steepest =
            std::max({steepest, double(std::abs((l0 + dl) / n - l0 / n0)), double(std::abs((m0 + dm) / n - m0 / n0))});
      }
    CHECK(depth.largest() == doctest::Approx(largest).epsilon(1e-9));
    CHECK(depth.steepest() == doctest::Approx(steepest).epsilon(1e-9));
    CHECK_FALSE(depth.is_symmetric());
  }
  const ImageDepth depth(facet(0, 0, 4, 64, 48));
  CHECK(depth.is_symmetric());
  for (const double l : {0.0, 1e-9, 0.01, 0.6}) {
    const double r2 = l * l + 0.25 * l * l;
    CHECK(depth.at(l, 0.5 * l) == -r2 / (1 + std::sqrt(1 - r2)));
  }
}

TEST_CASE("facets: those beyond the horizon are refused") {
  const RandomObservation observation = flat_array();
  CHECK_THROWS_AS(grid_image(observation, facet(80, 0, 30, 64, 64)), Error);
}
