#include "imaging/component_visibilities.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/airy.h"
#include "core/constants.h"
#include "core/nd_array.h"
#include "imaging/band_terms.h"
#include "imaging/gridded_components.h"
#include "random_observation.h"

using namespace contimg;
using namespace contimg::imaging;

namespace {

TileResponse response_of(std::size_t n_channels) {
  TileResponse response;
  response.dish_diameter_m = 4.65;
  response.spectral_index = -0.7;
  for (std::size_t k = 0; k < n_channels; ++k) {
    // Evenly spaced but for a gap, as where a subband is missing, and one channel out of line.
    response.freq_hz.push_back(1.31e9 + 1e6 * double(k + (k > 40 ? 17 : 0)) + (k == 60 ? 3e5 : 0));
    response.channel_weights.push_back(1 + double(k % 3));
  }
  response.pointing = {{5.88, 0.28}, {5.89, 0.28}, {5.90, 0.28}};
  response.integration_weights = {1, 2, 3};
  response.center = {5.89, 0.28};
  response.aberration = 1 - 1e-4;
  return response;
}

/// sin of the angle between a place in the tile and a pointing, by spherical trigonometry.
double sin_distance(const Component& c, const Direction& center, const Direction& pointing) {
  const double n = std::sqrt(1 - c.l * c.l - c.m * c.m);
  const double dec = std::asin(c.m * std::cos(center.dec_rad) + n * std::sin(center.dec_rad));
  const double ra = center.ra_rad + std::atan2(c.l, n * std::cos(center.dec_rad) - c.m * std::sin(center.dec_rad));
  const double half_dec = std::sin(0.5 * (dec - pointing.dec_rad)), half_ra = std::sin(0.5 * (ra - pointing.ra_rad));
  const double h = half_dec * half_dec + std::cos(dec) * std::cos(pointing.dec_rad) * half_ra * half_ra;
  return std::sin(2 * std::asin(std::sqrt(h)));
}

/// What the header says, in double precision, word for word.
std::complex<double> expected_value(const std::vector<Component>& components, const TileResponse& response, Vec3 uvw,
                                    std::size_t t, std::size_t k) {
  std::complex<double> sum = 0;
  for (const Component& c : components) {
    const auto attenuated = [&](std::size_t time, std::size_t channel) {
      const double freq = response.freq_hz[channel];
      const double apparent = response.aberration * sin_distance(c, response.center, response.pointing[time]);
      return airy_power(apparent, response.dish_diameter_m, freq) * std::pow(freq, response.spectral_index);
    };
    double mean = 0, weights = 0;
    std::vector<double> mean_of_term(response.band_terms.size());
    for (std::size_t time = 0; time < response.pointing.size(); ++time)
      for (std::size_t channel = 0; channel < response.freq_hz.size(); ++channel) {
        const double weight = response.integration_weights[time] * response.channel_weights[channel];
        mean += weight * attenuated(time, channel);
        for (std::size_t j = 0; j < mean_of_term.size(); ++j)
          mean_of_term[j] += weight * attenuated(time, channel) * response.band_terms[j][channel];
        weights += weight;
      }
    double flux = c.flux_jy;
    for (std::size_t j = 0; j < mean_of_term.size(); ++j)
      flux += c.term_jy[j] * (response.band_terms[j][k] - mean_of_term[j] / mean);
    const double l = c.l * response.aberration, m = c.m * response.aberration;
    const double path_m = uvw.x * l + uvw.y * m + uvw.z * (std::sqrt(1 - l * l - m * m) - 1);
    sum += flux * attenuated(t, k) / (mean / weights) *
           std::polar(1.0, -2 * kPi * response.freq_hz[k] / kSpeedOfLight * path_m);
  }
  return sum;
}

}  // namespace

TEST_CASE("components are subtracted as the drifting beam shows them") {
  constexpr std::size_t kChannels = 75, kRows = 12;
  TileResponse response = response_of(kChannels);
  response.band_terms = BandTerms(response.freq_hz, response.channel_weights, 2).values;
  std::mt19937 random(2);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<Component> components;
  for (int i = 0; i < 70; ++i) components.push_back({0.03 * uniform(random), 0.03 * uniform(random), uniform(random)});
  components[3].term_jy = {0.8f, -0.5f};
  components[68].term_jy = {0, 1};
  NdArray<Vec3, 1> uvw({kRows});
  std::vector<std::uint32_t> time_index;
  for (std::size_t row = 0; row < kRows; ++row) {
    uvw(row) = {1500 * uniform(random), 1500 * uniform(random), 800 * uniform(random)};
    time_index.push_back(static_cast<std::uint32_t>(row / 4));
  }
  const auto run = [&](unsigned threads) {
    NdArray<std::complex<float>, 2> visibilities({kRows, kChannels});
    subtract_components(components, response, uvw.view(), time_index, visibilities.view(), threads, JobContext());
    return visibilities;
  };
  const auto visibilities = run(1), again = run(2);
  double worst = 0, largest = 0;
  for (std::size_t row = 0; row < kRows; ++row)
    for (std::size_t k = 0; k < kChannels; ++k) {
      const auto expected = expected_value(components, response, uvw(row), time_index[row], k);
      worst = std::max(worst, std::abs(expected + std::complex<double>(visibilities(row, k))));
      largest = std::max(largest, std::abs(expected));
    }
  CHECK(largest > 3);
  CHECK(worst < 1e-5 * largest);
  CHECK(std::equal(visibilities.begin(), visibilities.end(), again.begin()));
}

TEST_CASE("band terms are orthonormal, of mean 0, and as many as the channels tell apart") {
  const TileResponse response = response_of(75);
  const auto& weights = response.channel_weights;
  const BandTerms terms(response.freq_hz, weights, 2);
  REQUIRE(terms.values.size() == 2);
  const auto inner = [&](const auto& product) {
    double sum = 0, sum_of_weights = 0;
    for (std::size_t k = 0; k < weights.size(); ++k) {
      sum += weights[k] * product(k);
      sum_of_weights += weights[k];
    }
    return sum / sum_of_weights;
  };
  for (int i = 0; i < 2; ++i) {
    CHECK(std::abs(inner([&](std::size_t k) { return terms.values[i][k]; })) < 1e-6);
    for (int j = 0; j < 2; ++j)
      CHECK(inner([&](std::size_t k) { return double(terms.values[i][k]) * terms.values[j][k]; }) ==
            doctest::Approx(i == j).epsilon(1e-6));
  }
  // The slope of the first: over the band, d term / d ln nu.
  const double rise = double(terms.values[0].back()) - terms.values[0].front();
  CHECK(rise / std::log(response.freq_hz.back() / response.freq_hz.front()) == doctest::Approx(terms.slopes[0]));
  CHECK(BandTerms({1e9, 2e9}, {1, 1}, 2).values.size() == 1);
  CHECK(BandTerms({1e9, 2e9}, {1, 0}, 2).values.empty());
}

TEST_CASE("a component where the beam is nothing keeps its flux in every visibility") {
  TileResponse response = response_of(4);
  response.pointing.assign(3, Direction{5.89 + kPi, -0.28});
  NdArray<Vec3, 1> uvw({1});
  NdArray<std::complex<float>, 2> visibilities({1, 4});
  response.dish_diameter_m = 1e6;
  subtract_components({{0.001, 0, 2}}, response, uvw.view(), {0}, visibilities.view(), 1, JobContext());
  for (const auto v : visibilities) CHECK(std::abs(v + std::complex<float>(2)) < 1e-6);
}

TEST_CASE("gridded components are subtracted nearly as the drifting beam shows them") {
  TileResponse response = response_of(40);
  response.pointing.clear();
  response.integration_weights.assign(5, 1);
  for (int t = 0; t < 5; ++t) response.pointing.push_back({5.89 + 0.0057 * (t - 2), 0.28});  // 5 minutes
  const SkyGrid grid{response.center, 360, 360, 2.4e-4};
  constexpr std::size_t kRows = 60;
  std::mt19937 random(3);
  std::uniform_real_distribution<double> uniform(-1, 1);
  NdArray<Vec3, 1> uvw({kRows});
  NdArray<float, 2> weights({kRows, 40});
  std::vector<std::uint32_t> time_index;
  for (std::size_t row = 0; row < kRows; ++row) {
    uvw(row) = {300 * uniform(random), 300 * uniform(random), 50 * uniform(random)};
    time_index.push_back(static_cast<std::uint32_t>(row / 12));
    for (std::size_t k = 0; k < 40; ++k) weights(row, k) = k == 7 ? 0.0f : 1.0f;
  }
  // Pixels at the center, at half power and at a tenth of it.
  for (const auto& [pixels, tolerance] : {std::pair{0, 0.002}, {107, 0.015}, {168, 0.02}}) {
    const std::vector<Component> components{{2.4e-4 * pixels, -2.4e-4 * 3, 2.0}, {-2.4e-4 * 5, 2.4e-4 * pixels, 1.0}};
    NdArray<std::complex<float>, 2> direct({kRows, 40}), gridded({kRows, 40});
    subtract_components(components, response, uvw.view(), time_index, direct.view(), 1, JobContext());
    subtract_gridded_components(components, response, Facet(grid, response, uvw.view()), time_index, weights.view(),
                                {1e-5, 2}, gridded.view(), JobContext());
    double error = 0, power = 0;
    for (std::size_t row = 0; row < kRows; ++row)
      for (std::size_t k = 0; k < 40; ++k) {
        if (weights(row, k) == 0) {
          CHECK(gridded(row, k) == std::complex<float>());
          continue;
        }
        error += std::norm(direct(row, k) - gridded(row, k));
        power += std::norm(direct(row, k));
      }
    CAPTURE(pixels);
    CHECK(std::sqrt(error / power) < tolerance);
    CHECK(power > 0);
  }
}
