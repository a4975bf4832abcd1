#include "imaging/resolution_doubler.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "core/constants.h"
#include "gridding_truth.h"
#include "random_values.h"

using namespace contimg;
using namespace contimg::imaging;
using namespace contimg::test;

namespace {

/// cos(2 pi (fx x + fy y) + 1) at pixels `step` apart from the center.
NdArray<double, 2> wave(std::size_t ny, std::size_t nx, double step, double fy, double fx) {
  NdArray<double, 2> image({ny, nx});
  for (std::size_t y = 0; y < ny; ++y)
    for (std::size_t x = 0; x < nx; ++x)
      image(y, x) = std::cos(2 * kPi * step * (fx * (double(x) - nx / 2) + fy * (double(y) - ny / 2)) + 1);
  return image;
}

}  // namespace

TEST_CASE("resolution doubler: waves up to the band are between pixels what they should, at any extent") {
  for (double band : {0.1, 0.3, 0.4, 0.43}) {
    for (double misfit : {1e-3, 1e-6, 1e-9}) {
      CAPTURE(band);
      CAPTURE(misfit);
      const auto doubler = ResolutionDoubler::of_band(band, misfit);
      REQUIRE(doubler);
      for (const auto& [ny, nx] : {std::pair<std::size_t, std::size_t>{48, 50}, {2, 64}, {54, 4}}) {
        const auto extent = [&](std::size_t n) { return ResolutionDoubler::coarse_extent(n, doubler->reach()); };
        for (const auto& [fy, fx] : {std::pair{band, -band}, {0.0, 0.97 * band}, {0.4 * band, 0.1 * band}}) {
          const auto coarse = wave(extent(ny), extent(nx), 1, fy, fx), expected = wave(ny, nx, 0.5, fy, fx);
          NdArray<double, 2> fine({ny, nx});
          doubler->expand<double>(coarse.view(), fine.view(), 2);
          double worst = 0;
          for (std::size_t i = 0; i < fine.size(); ++i)
            worst = std::max(worst, std::abs(fine.data()[i] - expected.data()[i]));
          CHECK(worst < 2.1 * misfit);  // of two axes
        }
      }
    }
  }
}

TEST_CASE("resolution doubler: says where there is none") {
  CHECK_FALSE(ResolutionDoubler::of_band(0.5, 1e-3));
  CHECK_FALSE(ResolutionDoubler::of_band(0.49, 1e-9));
  CHECK_FALSE(ResolutionDoubler::of_band(double(NAN), 1e-3));
}

TEST_CASE("resolution doubler: contracting is the adjoint of expanding") {
  const auto doubler = ResolutionDoubler::of_band(0.4, 1e-5);
  REQUIRE(doubler);
  for (const auto& [ny, nx] : {std::pair<std::size_t, std::size_t>{40, 42}, {2, 6}, {14, 100}}) {
    const auto extent = [&](std::size_t n) { return ResolutionDoubler::coarse_extent(n, doubler->reach()); };
    const auto coarse = gaussian_noise<double>(extent(ny), extent(nx), 1), fine = gaussian_noise<double>(ny, nx, 2);
    NdArray<double, 2> expanded({ny, nx}), contracted(coarse.shape());
    doubler->expand<double>(coarse.view(), expanded.view(), 1);
    doubler->contract<double>(fine.view(), contracted.view(), 3);
    CHECK(product(expanded, fine) == doctest::Approx(product(coarse, contracted)).epsilon(1e-12));
  }
}

TEST_CASE("gridder: images finer than the visibilities need keep the accuracy, in both directions") {
  std::mt19937 random(21);
  const RandomObservation flat = observe(t_shaped_array(16, random), 60 * kDegree, 3, 0.085, 12, random);
  const RandomObservation deep = observe(ball_array(12, random), 0.5, 2, 1, 10, random);
  double longest_m = 0;
  for (const RandomObservation* observation : {&flat, &deep})
    for (const Vec3& uvw : observation->uvw_m)
      longest_m = std::max({longest_m, std::abs(uvw.x), std::abs(uvw.y), std::abs(uvw.z)});
  const double highest_hz = std::max(flat.freq_hz(11), deep.freq_hz(9));
  for (double samples : {4.8, 6.0, 9.6, 20.0}) {  // per turn of the longest baseline: halved once, or twice
    const double cell_rad = kSpeedOfLight / highest_hz / longest_m / samples;
    for (const RandomObservation* observation : {&flat, &deep}) {
      for (const auto& [nx, ny] : {std::pair<std::size_t, std::size_t>{512, 450}, {386, 512}}) {
        CAPTURE(samples);
        CAPTURE(nx);
        const ImageGrid grid{nx, ny, cell_rad};
        for (double epsilon : {1e-2, 1e-4, 1e-6}) {
          CAPTURE(epsilon);
          CHECK(image_error(*observation, grid, epsilon) < epsilon);
          CHECK(visibility_error(*observation, grid, epsilon) < epsilon);
        }
      }
    }
  }
  const ImageGrid grid{512, 512, kSpeedOfLight / highest_hz / longest_m / 6};
  CHECK(image_error<double>(deep, grid, 1e-11) < 1e-11);
  CHECK(visibility_error<double>(deep, grid, 1e-11) < 1e-11);
}
