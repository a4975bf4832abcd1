#include "imaging/primary_beam.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/airy.h"
#include "core/constants.h"
#include "core/error.h"

using namespace contimg;
using namespace contimg::imaging;

namespace {
const std::vector<double> kFreq{1.31e9, 1.4e9, 1.5e9};
const std::vector<double> kWeights{1, 3, 2};

double mean_power(double sin_theta) {
  double sum = 0;
  for (std::size_t k = 0; k < 3; ++k) sum += kWeights[k] * airy_power(sin_theta, 4.65, kFreq[k]);
  return sum / 6;
}
}  // namespace

TEST_CASE("primary beam: the table holds the weighted mean of the Airy patterns") {
  const BandAveragedBeam beam(4.65, kFreq, kWeights);
  CHECK(beam.power(0) == doctest::Approx(1));
  double worst = 0;
  for (double s = 0; s < 0.09; s += 1.7e-4) worst = std::max(worst, std::abs(beam.power(s * s) - mean_power(s)));
  CHECK(worst < 5e-6);
  CHECK(mean_power(beam.radius(0.5)) == doctest::Approx(0.5).epsilon(1e-3));
  // FWHM of a uniform dish: 1.029 lambda / D.
  const BandAveragedBeam mono(4.65, {1.405e9}, {1});
  CHECK(2 * std::asin(mono.radius(0.5)) == doctest::Approx(1.029 * kSpeedOfLight / 1.405e9 / 4.65).epsilon(2e-3));
}

TEST_CASE("primary beam: the tile's response is the mean over the drifting pointing centers") {
  const BandAveragedBeam beam(4.65, kFreq, kWeights);
  const std::vector<Direction> pointing{{5.88, 0.28}, {5.89, 0.28}, {5.90, 0.28}};
  const std::vector<double> weights{1, 2, 1};
  const SkyGrid grid{{5.89, 0.28}, 40, 30, 0.002};
  const auto response = tile_primary_beam(beam, pointing, weights, grid, 2);
  double worst = 0;
  for (std::size_t y = 0; y < 30; ++y)
    for (std::size_t x = 0; x < 40; ++x) {
      // The textbook inverse of the SIN projection (Calabretta & Greisen 2002, section 5.1.5).
      const double l = -(double(x) - 20) * 0.002, m = (double(y) - 15) * 0.002, n = std::sqrt(1 - l * l - m * m);
      const double dec = std::asin(m * std::cos(0.28) + n * std::sin(0.28));
      const double ra = 5.89 + std::atan2(l, n * std::cos(0.28) - m * std::sin(0.28));
      double expected = 0;
      for (std::size_t t = 0; t < 3; ++t) {
        const double half_dec = std::sin(0.5 * (dec - 0.28)), half_ra = std::sin(0.5 * (ra - pointing[t].ra_rad));
        const double h = half_dec * half_dec + std::cos(dec) * std::cos(0.28) * half_ra * half_ra;
        expected += weights[t] / 4 * mean_power(std::sin(2 * std::asin(std::sqrt(h))));
      }
      worst = std::max(worst, std::abs(response(y, x) - expected));
    }
  CHECK(worst < 5e-6);
}

TEST_CASE("primary beam: fine pixels, most of which are interpolated, are those of a coarse grid where these meet") {
  const BandAveragedBeam beam(4.65, {1.3e9, 1.5e9}, {1, 2});
  const std::vector<Direction> pointing = {{5.88, 0.28}, {5.89, 0.28}, {5.9, 0.28}};
  const Direction center{5.89, 0.28};
  constexpr std::size_t kRatio = 60;  // cells of 6" and 6'
  const auto coarse = tile_primary_beam(beam, pointing, {1, 2, 1}, {center, 40, 30, kRatio * 3e-5}, 1);
  const auto fine = tile_primary_beam(beam, pointing, {1, 2, 1}, {center, 40 * kRatio, 30 * kRatio, 3e-5}, 2);
  double worst = 0;
  for (std::size_t y = 0; y < 30; ++y)
    for (std::size_t x = 0; x < 40; ++x)
      worst = std::max(worst, double(std::abs(coarse(y, x) - fine(kRatio * y, kRatio * x))));
  CHECK(worst < 5e-6);
  worst = 0;
  const Direction next{5.89, 0.28 + 3e-5 * 7};  // a grid whose lattice lies 7 pixels aside
  const auto shifted = tile_primary_beam(beam, pointing, {1, 2, 1}, {next, 200, 200, 3e-5}, 2);
  for (std::size_t y = 0; y < 190; ++y)
    worst = std::max(worst, double(std::abs(shifted(y, 100) - fine(15 * kRatio + 7 + y - 100, 20 * kRatio))));
  CHECK(worst < 5e-6);
}

TEST_CASE("primary beam: division leaves NaN below the cutoff") {
  NdArray<float, 2> image({1, 3}), response({1, 3});
  for (std::size_t x = 0; x < 3; ++x) image(0, x) = 2;
  response(0, 0) = 0.5f;
  response(0, 1) = 0.1f;
  response(0, 2) = 0.0999f;
  const auto corrected = divide_by_beam(image.view(), response.view(), 0.1f);
  CHECK(corrected(0, 0) == 4);
  CHECK(corrected(0, 1) == doctest::Approx(20));
  CHECK(std::isnan(corrected(0, 2)));
}

TEST_CASE("primary beam: antennas without a diameter have a response of 1 everywhere") {
  const BandAveragedBeam beam(0, kFreq, kWeights);
  for (const double sin_squared : {0.0, 0.01, 0.7, 1.0}) CHECK(beam.power(sin_squared) == 1);
}

TEST_CASE("primary beam: diameters that are none and bands without weight are refused") {
  CHECK_THROWS_AS(BandAveragedBeam(-1, kFreq, kWeights), Error);
  CHECK_THROWS_AS(BandAveragedBeam(NAN, kFreq, kWeights), Error);
  CHECK_THROWS_AS(BandAveragedBeam(4.65, kFreq, {0, 0, 0}), Error);
}
