#include "imaging/weighting.h"

#include <doctest/doctest.h>

#include <map>

#include "core/error.h"
#include "random_observation.h"

using namespace contimg;
using namespace contimg::imaging;
using contimg::test::RandomObservation;

namespace {

const ImageGrid kGrid{96, 64, 20 * kArcsec};

RandomObservation make_observation() {
  std::mt19937 random(3);
  return test::observe(test::t_shaped_array(9, random), 0.3, 2, 0.1, 6, random);
}

NdArray<float, 2> weighted(const RandomObservation& observation, const Weighting& weighting) {
  NdArray<float, 2> weights(observation.weights.shape());
  std::copy(observation.weights.begin(), observation.weights.end(), weights.begin());
  apply_weighting(observation.uvw_m.view(), observation.freq_hz.view(), kGrid, weighting, weights.view());
  return weights;
}

/// The uv cell of a visibility or of its conjugate, by the definition.
std::pair<long, long> cell_of(const RandomObservation& observation, std::size_t row, std::size_t channel, int sign) {
  const double per_metre = sign * observation.freq_hz(channel) / kSpeedOfLight;
  const auto cell = [&](double metres, std::size_t n) {
    const long index = std::lround(metres * per_metre * kGrid.cell_rad * n), extent = static_cast<long>(n);
    return ((index % extent) + extent) % extent;
  };
  return {cell(observation.uvw_m(row).x, kGrid.nx), cell(observation.uvw_m(row).y, kGrid.ny)};
}

/// Density on the whole plane, conjugates and all.
std::map<std::pair<long, long>, double> density_of(const RandomObservation& observation) {
  std::map<std::pair<long, long>, double> density;
  for (std::size_t row = 0; row < observation.weights.shape(0); ++row)
    for (std::size_t channel = 0; channel < observation.weights.shape(1); ++channel)
      for (int sign : {1, -1}) density[cell_of(observation, row, channel, sign)] += observation.weights(row, channel);
  return density;
}

}  // namespace

TEST_CASE("weighting: natural leaves the weights alone") {
  const RandomObservation observation = make_observation();
  const auto weights = weighted(observation, {WeightingScheme::kNatural, 0});
  CHECK(std::equal(weights.begin(), weights.end(), observation.weights.begin()));
}

TEST_CASE("weighting: uniform divides by the density of the cell") {
  const RandomObservation observation = make_observation();
  auto density = density_of(observation);
  const auto weights = weighted(observation, {WeightingScheme::kUniform, 0});
  for (std::size_t row = 0; row < weights.shape(0); ++row)
    for (std::size_t channel = 0; channel < weights.shape(1); ++channel) {
      const float w = observation.weights(row, channel);
      const double expected = w == 0 ? 0 : w / density[cell_of(observation, row, channel, 1)];
      CHECK(weights(row, channel) == doctest::Approx(expected).epsilon(1e-6));
    }
}

TEST_CASE("weighting: Briggs follows its formula at every robustness") {
  const RandomObservation observation = make_observation();
  auto density = density_of(observation);
  double power = 0, total = 0;
  for (const auto& [cell, sum] : density) power += sum * sum;
  for (float w : observation.weights) total += 2 * w;
  for (double robust : {-2.0, -0.5, 0.0, 0.5, 2.0}) {
    const double f2 = 25 * std::pow(10, -2 * robust) * total / power;
    const auto weights = weighted(observation, {WeightingScheme::kBriggs, robust});
    for (std::size_t row = 0; row < weights.shape(0); ++row)
      for (std::size_t channel = 0; channel < weights.shape(1); ++channel) {
        const double expected =
            observation.weights(row, channel) / (1 + f2 * density[cell_of(observation, row, channel, 1)]);
        CHECK(weights(row, channel) == doctest::Approx(expected).epsilon(1e-6));
      }
  }
}

TEST_CASE("weighting: the density of one channel is that of the channel weighted alone") {
  const RandomObservation observation = make_observation();
  for (const WeightingScheme scheme : {WeightingScheme::kUniform, WeightingScheme::kBriggs}) {
    Weighting weighting{scheme, 0.3};
    weighting.density = WeightDensity::kOneChannel;
    const auto weights = weighted(observation, weighting);
    for (std::size_t channel = 0; channel < weights.shape(1); ++channel) {
      RandomObservation alone = make_observation();
      for (std::size_t row = 0; row < weights.shape(0); ++row)
        for (std::size_t other = 0; other < weights.shape(1); ++other)
          if (other != channel) alone.weights(row, other) = 0;
      const auto expected = weighted(alone, {scheme, 0.3});
      for (std::size_t row = 0; row < weights.shape(0); ++row)
        CHECK(weights(row, channel) == doctest::Approx(expected(row, channel)).epsilon(1e-6));
    }
  }
}

TEST_CASE("weighting: what is out of the uv range is as good as flagged") {
  const RandomObservation observation = make_observation();
  Weighting weighting{WeightingScheme::kBriggs, 0};
  weighting.range = {300, 1500, 100, 450};
  const auto weights = weighted(observation, weighting);
  RandomObservation flagged = make_observation();
  std::size_t n = 0;
  for (std::size_t row = 0; row < weights.shape(0); ++row)
    for (std::size_t channel = 0; channel < weights.shape(1); ++channel) {
      const Vec3 uvw = observation.uvw_m(row);
      const double distance = std::hypot(uvw.x, uvw.y) * observation.freq_hz(channel) / kSpeedOfLight;
      const bool inside = distance >= 300 && distance <= 1500 && norm(uvw) >= 100 && norm(uvw) <= 450;
      if (!inside) flagged.weights(row, channel) = 0;
      n += inside;
    }
  CHECK(n > 20);
  CHECK(n < weights.size() * 2 / 3);
  const auto expected = weighted(flagged, {WeightingScheme::kBriggs, 0});
  CHECK(std::equal(weights.begin(), weights.end(), expected.begin()));
}

TEST_CASE("weighting: tapers follow their formulas") {
  const RandomObservation observation = make_observation();
  const double fwhm = 150 * kArcsec;
  Weighting weighting{WeightingScheme::kNatural, 0};
  weighting.range = {300, 1500};
  const auto untapered = weighted(observation, weighting);
  weighting.taper = {fwhm, 200, 400};
  const auto weights = weighted(observation, weighting);
  // The width of exp(-u^2 / 2 s^2) whose Fourier transform has the standard deviation fwhm / 2.3548 on the sky.
  const double s = 2 * std::sqrt(2 * std::log(2.0)) / (2 * kPi * fwhm);
  for (std::size_t row = 0; row < weights.shape(0); ++row)
    for (std::size_t channel = 0; channel < weights.shape(1); ++channel) {
      const Vec3 uvw = observation.uvw_m(row);
      const double d = std::hypot(uvw.x, uvw.y) * observation.freq_hz(channel) / kSpeedOfLight;
      double expected = untapered(row, channel) * std::exp(-d * d / (2 * s * s));
      if (d < 500) expected *= std::pow(std::sin(kPi / 2 * (d - 300) / 200), 2);
      if (d > 1100) expected *= std::pow(std::sin(kPi / 2 * (1500 - d) / 400), 2);
      CHECK(weights(row, channel) == doctest::Approx(expected).epsilon(1e-5));
    }
}

TEST_CASE("weighting: weights of 0 stay 0, alone or among NaN uvw") {
  RandomObservation observation = make_observation();
  observation.uvw_m(5) = {NAN, NAN, NAN};
  for (std::size_t channel = 0; channel < 6; ++channel) observation.weights(5, channel) = 0;
  const auto some = weighted(observation, {WeightingScheme::kUniform, 0});
  CHECK(some(5, 0) == 0);
  std::fill(observation.weights.begin(), observation.weights.end(), 0.0f);
  for (float w : weighted(observation, {WeightingScheme::kBriggs, 0})) CHECK(w == 0);
}

TEST_CASE("weighting: refuses what has no density") {
  RandomObservation observation = make_observation();
  CHECK_THROWS_AS(weighted(observation, {WeightingScheme::kBriggs, 4.1}), Error);
  CHECK_THROWS_AS(weighted(observation, {WeightingScheme::kBriggs, NAN}), Error);
  Weighting range;
  range.range = {500, 400};
  CHECK_THROWS_AS(weighted(observation, range), Error);
  range.range = {0, 400, NAN};
  CHECK_THROWS_AS(weighted(observation, range), Error);
  Weighting taper;
  taper.taper.outer_wavelengths = 100;  // of no end
  CHECK_THROWS_AS(weighted(observation, taper), Error);
  taper.taper = {-1};
  CHECK_THROWS_AS(weighted(observation, taper), Error);
  for (const auto scheme : {WeightingScheme::kNatural, WeightingScheme::kUniform, WeightingScheme::kBriggs}) {
    RandomObservation bad = make_observation();
    for (const float weight : {-1.0f, float(NAN), float(INFINITY)}) {
      bad.weights(4, 1) = weight;
      CHECK_THROWS_AS(weighted(bad, {scheme, 0}), Error);
    }
    bad.weights(4, 1) = 1;
    bad.uvw_m(4).x = INFINITY;
    CHECK_THROWS_AS(weighted(bad, {scheme, 0}), Error);
  }
  CHECK_THROWS_AS(apply_weighting(observation.uvw_m.view(), {observation.freq_hz.data(), {2}}, kGrid, {},
                                  observation.weights.view()),
                  Error);
}
