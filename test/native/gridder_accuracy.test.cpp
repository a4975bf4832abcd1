#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "gridding_truth.h"

using namespace contimg;
using namespace contimg::imaging;
using namespace contimg::test;

namespace {

/// One observation of the sweep: everything but field and accuracy.
struct Draw {
  bool coplanar;
  double dec_deg, hours;
  std::size_t n_times, n_channels;
  unsigned seed;
};

Draw draw(std::mt19937& random) {
  const auto uniform = [&](double low, double high) { return low + (high - low) * (random() / 4294967296.0); };
  const bool coplanar = random() % 2 == 0;
  const double hours[] = {0, 0.085, 1, 8};
  Draw result{coplanar, uniform(-50, 90), hours[random() % 4], 1 + random() % 3, 1 + random() % 40, 0};
  result.seed = random();
  return result;
}

/// Of about `radius_m`.
RandomObservation observation_of(const Draw& draw, double radius_m) {
  std::mt19937 random(draw.seed);
  auto places = draw.coplanar ? t_shaped_array(9, random) : ball_array(9, random);
  for (Vec3& place : places) place = radius_m / 1000 * place;
  return observe(places, draw.dec_deg * kDegree, draw.n_times, draw.hours, draw.n_channels, random);
}

/// Fields from an arcminute to 60 degrees, each with arrays of some hundred cells, at random declinations, tracks,
/// arrays and channels.
template <typename T>
void sweep(std::initializer_list<double> epsilons) {
  std::mt19937 random(2024);
  for (const double epsilon : epsilons)
    for (const double fov_deg : {0.02, 1.0, 5.0, 25.0, 60.0})
      for (int i = 0; i < 3; ++i) {
        const Draw drawn = draw(random);
        const RandomObservation observation = observation_of(drawn, std::min(2000.0, 1500 / fov_deg));
        CAPTURE(epsilon);
        CAPTURE(fov_deg);
        CAPTURE(drawn.coplanar);
        CAPTURE(drawn.dec_deg);
        CAPTURE(drawn.hours);
        CAPTURE(drawn.n_channels);
        const ImageGrid grid = field(fov_deg, 48 + 2 * (random() % 20));
        CHECK(image_error<T>(observation, grid, epsilon, 40) < epsilon);
        CHECK(visibility_error<T>(observation, grid, epsilon) < epsilon);
      }
}

}  // namespace

TEST_CASE("gridder: the error is below epsilon in single precision, whatever field, sky, track and array") {
  sweep<float>({1e-2, 1e-3, 1e-4, 1e-5, 1e-6});
}

TEST_CASE("gridder: the error is below epsilon in double precision, whatever field, sky, track and array") {
  sweep<double>({1e-2, 1e-4, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12});
}

TEST_CASE_TEMPLATE("gridder: the error is below epsilon of few visibilities that lie at one place in their cells", T,
                   float, double) {
  std::mt19937 random(31);
  for (int i = 0; i < 60; ++i) {
    RandomObservation observation = observation_of(draw(random), 300);
    for (Vec3& uvw : observation.uvw_m) uvw.x = uvw.y = 0;
    const double fov_deg = std::pow(10, -2 + 3.5 * (random() / 4294967296.0));
    const double epsilon = std::pow(
        10, (std::is_same_v<T, float> ? -2 - 3.5 * (random() / 4294967296.0) : -2 - 9 * (random() / 4294967296.0)));
    CAPTURE(epsilon);
    CAPTURE(fov_deg);
    const ImageGrid grid = field(fov_deg, 2 + 2 * (random() % 6));
    CHECK(image_error<T>(observation, grid, epsilon) < epsilon);
    CHECK(visibility_error<T>(observation, grid, epsilon) < epsilon);
  }
}

TEST_CASE("gridder: gridding and degridding are adjoint to rounding") {
  std::mt19937 random(3);
  for (const double fov_deg : {0.5, 3.0, 40.0}) {
    const RandomObservation observation = observation_of(draw(random), 1000 / fov_deg);
    const ImageGrid grid = field(fov_deg, 96);
    CAPTURE(fov_deg);
    for (const double epsilon : {1e-2, 1e-4, 1e-6}) CHECK(adjoint_error<float>(observation, grid, epsilon) < 2e-6);
    for (const double epsilon : {1e-2, 1e-5, 1e-8, 1e-12})
      CHECK(adjoint_error<double>(observation, grid, epsilon) < 5e-15);
  }
}

TEST_CASE_TEMPLATE("gridder: many channels on few points are as exact, in any order and with any flags", T, float,
                   double) {
  std::mt19937 random(4);
  for (const double epsilon : {1e-3, std::is_same_v<T, float> ? 1e-6 : 1e-12})
    for (const double fov_deg : {0.3, 3.0, 30.0}) {
      CAPTURE(epsilon);
      CAPTURE(fov_deg);
      auto places = t_shaped_array(7, random);
      for (Vec3& place : places) place = 0.4 * place;
      RandomObservation observation = observe(places, 0.3, 2, 1, 150, random);
      const ImageGrid grid = field(fov_deg, 64);
      CHECK(image_error<T>(observation, grid, epsilon, 20) < epsilon);
      CHECK(visibility_error<T>(observation, grid, epsilon) < epsilon);
      for (std::size_t row = 0; row < observation.uvw_m.size(); ++row) {
        std::fill_n(&observation.weights(row, 0), row % 149, 0.0f);  // whole segments have nothing
        if (row % 3 == 0) std::fill_n(&observation.weights(row, 80), 70, 0.0f);
      }
      CHECK(image_error<T>(observation, grid, epsilon, 20) < epsilon);
      CHECK(visibility_error<T>(observation, grid, epsilon) < epsilon);
      CHECK(adjoint_error<T>(observation, grid, epsilon) < (std::is_same_v<T, float> ? 2e-6 : 5e-15));
      std::shuffle(observation.freq_hz.begin() + 40, observation.freq_hz.end(), random);
      CHECK(image_error<T>(observation, grid, epsilon, 20) < epsilon);
      std::fill(observation.freq_hz.begin(), observation.freq_hz.begin() + 100, 1.4e9);  // segments of no width
      CHECK(visibility_error<T>(observation, grid, epsilon) < epsilon);
    }
}
