#include "imaging/image_shear.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "core/constants.h"
#include "gridding_truth.h"
#include "imaging/gridded_image.h"
#include "imaging/image_depth.h"
#include "random_values.h"

using namespace contimg;
using namespace contimg::imaging;
using namespace contimg::test;

namespace {

ImageGrid sheared_by(ImageGrid grid, double shear_l, double shear_m) {
  grid.shear_l = shear_l;
  grid.shear_m = shear_m;
  return grid;
}

constexpr double kArcminute = 60 * kArcsec;
const ImageGrid kAtCenter{120, 90, 2 * kArcminute};
const ImageGrid kFacet{90, 120, 2 * kArcminute, std::sin(4 * kDegree), std::sin(-3 * kDegree)};

/// cos(2 pi (fx x + fy y) + 1), in pixels from the center.
double wave(double fy, double fx, double y, double x) { return std::cos(2 * kPi * (fx * x + fy * y) + 1); }

/// A third as large as DSA-110, so that images of a wide field are small.
RandomObservation flat_array(double dec_deg = 16, double hours = 0.085) {
  std::mt19937 random(41);
  std::vector<Vec3> places = t_shaped_array(20, random);
  for (Vec3& place : places) place = 0.33 * place;
  return observe(places, dec_deg * kDegree, 3, hours, 12, random);
}

RandomObservation deep_array() {
  std::mt19937 random(42);
  return observe(ball_array(16, random), 0.5, 2, 1, 10, random);
}

/// An image of `degrees` with as many pixels per beam as tiles have.
ImageGrid wide_field(const RandomObservation& observation, double degrees, double l_deg = 0, double m_deg = 0) {
  double longest_m = 0;
  for (const Vec3& uvw : observation.uvw_m) longest_m = std::max({longest_m, std::abs(uvw.x), std::abs(uvw.y)});
  const double cell = kSpeedOfLight / observation.freq_hz(11) / longest_m / 4;
  const auto n = static_cast<std::size_t>(degrees * kDegree / cell / 2) * 2;
  return {n, n - 10, cell, std::sin(l_deg * kDegree), std::sin(m_deg * kDegree)};
}

std::optional<ImageShear> shear_of(const RandomObservation& observation, const ImageGrid& grid, double epsilon) {
  return sheared_image<float>(observation.uvw_m.view(), observation.freq_hz.view(), observation.weights.view(), grid,
                              epsilon);
}

}  // namespace

TEST_CASE("interpolation kernel: waves up to the band are between samples what they should") {
  for (const double band : {0.0, 0.1, 0.25, 0.35})
    for (const double misfit : {1e-2, 1e-5, 2e-7}) {
      CAPTURE(band);
      CAPTURE(misfit);
      const auto kernel = InterpolationKernel::of_band(band, misfit);
      REQUIRE(kernel);
      for (const double cycles : {band, 0.93 * band, 0.4 * band, 0.0})
        for (int place = 0; place < 100; ++place) {
          double sum = 0;
          const double f = place / 100.0;
          for (std::size_t j = 0; j < kernel->n_samples(); ++j)
            sum += kernel->weight(j, f) * wave(0, cycles, 0, double(j) - (double(kernel->pairs.size()) - 1));
          CHECK(std::abs(sum - wave(0, cycles, 0, f)) < 1.05 * misfit);
        }
    }
  CHECK(InterpolationKernel::of_band(0.1, 1e-5)->n_samples() < InterpolationKernel::of_band(0.3, 1e-5)->n_samples());
  CHECK_FALSE(InterpolationKernel::of_band(0.48, 1e-6));
  CHECK_FALSE(InterpolationKernel::of_band(double(NAN), 1e-2));
}

TEST_CASE("image depth: a sheared image is as deep as what it shows, wherever that has gone") {
  for (const ImageGrid& grid : {kAtCenter, kFacet})
    for (const auto& [shear_l, shear_m] : {std::pair{0.3, -0.4}, {-1.6, 0.2}, {0.0, 1.0}}) {
      const ImageDepth straight(grid), sheared(sheared_by(grid, shear_l, shear_m));
      double depths[7];
      for (const double dm : {-0.03, 0.0, 0.02}) {
        for (int i = 0; i < 7; ++i) {
          const double dl = 0.01 * (i - 3), depth = straight.at(dl, dm);
          CHECK(sheared.at(dl + shear_l * depth, dm + shear_m * depth) == doctest::Approx(depth).epsilon(1e-12));
        }
        sheared.along(-0.03, 0.01, dm, 0.001, 7, depths);
        for (int i = 0; i < 7; ++i) {
          const double expected = sheared.at(0.01 * (i - 3), dm + 0.001 * i);
          CHECK(std::abs(depths[i] - expected) <= 1e-14 * std::abs(expected));
        }
      }
      const Vec3 uvw{130, -240, 85}, turned = sheared.uvw_of(uvw);
      const double dl = 0.02, dm = -0.01, depth = straight.at(dl, dm),
                   n0 = std::sqrt(1 - grid.l * grid.l - grid.m * grid.m),
                   n = std::sqrt(1 - std::pow(grid.l + dl, 2) - std::pow(grid.m + dm, 2));
      CHECK(turned.x * (dl + shear_l * depth) + turned.y * (dm + shear_m * depth) + turned.z * depth ==
            doctest::Approx(uvw.x * dl + uvw.y * dm + uvw.z * (n - n0)).epsilon(1e-12));
    }
  CHECK_FALSE(ImageDepth(sheared_by(kAtCenter, 0, 40)).is_above_horizon());
}

TEST_CASE("image shear: waves of the sheared image are straightened, by shifts of any size and at any center") {
  constexpr double kBand = 0.3, kMisfit = 1e-6;
  for (const ImageGrid& grid : {kAtCenter, kFacet, ImageGrid{2, 2, kArcminute}})
    for (const auto& [shear_l, shear_m] : {std::pair{0.3, -0.4}, {-1.6, 0.2}, {0.0, 1.0}}) {
      CAPTURE(shear_l);
      CAPTURE(shear_m);
      const auto shear = ImageShear::of(grid, sheared_by(grid, shear_l, shear_m), kBand, kMisfit);
      REQUIRE(shear);
      const ImageGrid& sheared = shear->sheared();
      const ImageDepth depth(grid);
      for (const auto& [fy, fx] : {std::pair{0.0, 0.29}, {-0.28, 0.2}, {0.1, -0.29}}) {
        NdArray<double, 2> waves({sheared.ny, sheared.nx}), image({grid.ny, grid.nx});
        for (std::size_t y = 0; y < sheared.ny; ++y)
          for (std::size_t x = 0; x < sheared.nx; ++x)
            waves(y, x) = wave(fy, fx, double(y) - double(sheared.ny / 2), double(x) - double(sheared.nx / 2));
        shear->straighten<double>(waves.view(), image.view(), 2);
        double worst = 0;
        for (std::size_t iy = 0; iy < grid.ny; ++iy)
          for (std::size_t ix = 0; ix < grid.nx; ++ix) {
            const double x = double(ix) - double(grid.nx / 2), y = double(iy) - double(grid.ny / 2),
                         pixels = depth.at(-x * grid.cell_rad, y * grid.cell_rad) / grid.cell_rad;
            worst = std::max(worst, std::abs(image(iy, ix) - wave(fy, fx, y + shear_m * pixels, x - shear_l * pixels)));
          }
        CHECK(worst < 2.5 * kMisfit);  // of two axes
      }
    }
  CHECK_FALSE(ImageShear::of(kAtCenter, sheared_by(kAtCenter, 0.3, 0), 0.49, 1e-6));
  CHECK_FALSE(ImageShear::of(kAtCenter, sheared_by(kAtCenter, 0, 40), 0.1, 1e-6));
}

TEST_CASE("image shear: shearing is the adjoint of straightening, whatever the number of threads") {
  for (const ImageGrid& grid : {kAtCenter, kFacet, ImageGrid{600, 4, kArcminute}}) {
    const auto shear = ImageShear::of(grid, sheared_by(grid, 0.7, -1.2), 0.3, 1e-5);
    REQUIRE(shear);
    const auto image = gaussian_noise<double>(grid.ny, grid.nx, 1),
               sheared = gaussian_noise<double>(shear->sheared().ny, shear->sheared().nx, 2);
    NdArray<double, 2> straightened(image.shape()), again(image.shape()), made(sheared.shape()),
        made_again(made.shape());
    shear->straighten<double>(sheared.view(), straightened.view(), 1);
    shear->straighten<double>(sheared.view(), again.view(), 3);
    shear->shear<double>(image.view(), made.view(), 1);
    shear->shear<double>(image.view(), made_again.view(), 3);
    CHECK(product(straightened, image) == doctest::Approx(product(sheared, made)).epsilon(1e-12));
    CHECK(same_bits(straightened, again));
    CHECK(same_bits(made, made_again));
  }
}

TEST_CASE("gridder: sheared images keep to the accuracy, about the center and in facets") {
  for (const double dec_deg : {-20.0, 16.0, 70.0}) {
    const RandomObservation observation = flat_array(dec_deg);
    for (const auto& [l_deg, m_deg] : {std::pair{0.0, 0.0}, {2.0, -3.0}}) {
      CAPTURE(dec_deg);
      CAPTURE(l_deg);
      const ImageGrid grid = wide_field(observation, 5, l_deg, m_deg);
      for (const double epsilon : {1e-3, 1e-5}) {
        CHECK(shear_of(observation, grid, epsilon));
        CHECK(image_error(observation, grid, epsilon) < epsilon);
        CHECK(visibility_error(observation, grid, epsilon) < epsilon);
      }
      CHECK(image_error<double>(observation, grid, 1e-6) < 1e-6);
      CHECK(adjoint_error<double>(observation, grid, 1e-4) < 1e-11);
    }
  }
}

TEST_CASE("gridder: images are sheared where that saves planes, and only there") {
  const RandomObservation flat = flat_array(), deep = deep_array();
  CHECK(shear_of(flat, wide_field(flat, 5), 1e-5));
  CHECK_FALSE(shear_of(flat, wide_field(flat, 0.5), 1e-5));
  CHECK_FALSE(shear_of(flat, wide_field(flat, 5), 1e-8));
  CHECK_FALSE(shear_of(deep, wide_field(deep, 5), 1e-5));
  ImageGrid coarse = wide_field(flat, 5);
  coarse.cell_rad *= 4, coarse.nx /= 4, coarse.nx *= 2, coarse.ny = coarse.nx;
  CHECK_FALSE(shear_of(flat, coarse, 1e-5));
  const RandomObservation track = flat_array(16, 6);
  CHECK_FALSE(shear_of(track, wide_field(track, 2), 1e-5));
  RandomObservation line = flat_array();
  for (Vec3& uvw : line.uvw_m) uvw = {uvw.x, 2 * uvw.x, uvw.x};
  CHECK_FALSE(shear_of(line, wide_field(line, 5), 1e-5));
  RandomObservation spoilt = flat_array();
  spoilt.uvw_m(7).z = NAN;
  CHECK_FALSE(shear_of(spoilt, wide_field(flat, 5), 1e-5));
}
