#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <vector>

#include "coordinates/apparent.h"
#include "core/airy.h"
#include "core/constants.h"
#include "simulation/random.h"
#include "simulation/subband.h"

using namespace contimg;
using namespace contimg::simulation;

namespace {

const Site kTee{-118.283000 * kDegree, 37.233405 * kDegree, 1188.0519};
const double kTime = 60700.9 * kSecondsPerDay;

Tile small_tile() {
  Tile tile;
  tile.array = {kTee, {}, 16.15 * kDegree, 4.65, true};
  tile.position_m = {{0, 0, 0}, {310, -120, 45}, {-900, 1400, 700}, {12, 7, -3}};
  tile.time_mjd_s = {kTime, kTime + 12.9, kTime + 25.8};
  tile.channels = {1498.6e6, -0.25e6, 96};
  tile.n_subbands = 2;
  tile.sky.reference_hz = 1405e6;
  const Direction center = meridian_icrs(tile.array.pointing_dec_rad, kTime, kTee, {});
  for (int i = 0; i < 70; ++i)  // more than two batches
    tile.sky.sources.push_back({{center.ra_rad + 0.02 * std::sin(i), center.dec_rad + 0.02 * std::cos(2.7 * i)},
                                0.1 * (i % 7 + 1),
                                -0.01 * i});
  return tile;
}

}  // namespace

TEST_CASE("Philox gives the known answers of its authors") {
  CHECK(philox({0, 0, 0, 0}, 0) == Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox({~0u, ~0u, ~0u, ~0u}, ~0ull) == Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822ull) ==
        Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("normal deviates have the moments of a Gaussian, independent and finite at the ends") {
  double sum = 0, square = 0, fourth = 0, mixed = 0;
  constexpr std::uint32_t kCount = 200000;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    const auto [a, b, c, d] = normal({i, 5, 0, 0}, 42);
    for (double x : {a, b, c, d}) sum += x, square += x * x, fourth += x * x * x * x;
    mixed += a * b + b * c + c * d + d * a;
  }
  const double n = 4.0 * kCount;
  CHECK(std::abs(sum / n) < 5 / std::sqrt(n));
  CHECK(std::abs(square / n - 1) < 5 * std::sqrt(2 / n));
  CHECK(std::abs(fourth / n - 3) < 5 * std::sqrt(96 / n));
  CHECK(std::abs(mixed / n) < 5 / std::sqrt(n));
  CHECK(std::isfinite(std::log(uniform(0))));
  CHECK(uniform(~0u) <= 1);
}

TEST_CASE("baselines come in the order of the correlator") {
  const auto baselines = correlator_baselines(3);
  REQUIRE(baselines.size() == 6);
  const std::vector<std::pair<unsigned, unsigned>> expected{{0, 0}, {0, 1}, {1, 1}, {0, 2}, {1, 2}, {2, 2}};
  for (std::size_t i = 0; i < 6; ++i) CHECK(std::make_pair(baselines[i].first, baselines[i].second) == expected[i]);
}

TEST_CASE("visibilities equal the direct sum over sources, in the sign of the files") {
  const Tile tile = small_tile();
  const auto skies = apparent_skies(tile);
  const SubbandData data = simulate_subband(tile, skies, 1, 1, JobContext());
  const auto baselines = correlator_baselines(tile.position_m.size());
  const Vec3 s0 = hadec_itrf(0, tile.array.pointing_dec_rad, kTee);
  double worst = 0, total = 0;
  for (std::size_t time = 0; time < tile.time_mjd_s.size(); ++time)
    for (std::size_t b = 0; b < baselines.size(); ++b)
      for (std::size_t channel : {0, 1, 30, 47}) {
        const double freq = 1498.6e6 - 0.25e6 * static_cast<double>(48 + channel);
        const Vec3 baseline = tile.position_m[baselines[b].second] - tile.position_m[baselines[b].first];
        std::complex<double> direct = 0;
        total = 0;
        for (const PointSource& source : tile.sky.sources) {
          const Vec3 s = apparent_itrf(source.direction, tile.time_mjd_s[time], kTee, {});
          const double flux = source.flux_jy * std::pow(freq / 1405e6, source.spectral_index) *
                              airy_power(std::sin(std::acos(dot(s, s0))), 4.65, freq);
          direct += flux * std::exp(std::complex<double>(0, 2 * kPi * freq / kSpeedOfLight * dot(baseline, s - s0)));
          total += flux;
        }
        for (std::size_t pol : {0, 1}) {
          const std::complex<double> ours = data.visibilities(time * baselines.size() + b, channel, pol);
          worst = std::max(worst, std::abs(ours - direct));
        }
      }
  CHECK(worst < 1e-6 * total);
}

TEST_CASE("noise does not depend on threads and differs between tiles and seeds") {
  Tile tile = small_tile();
  const auto skies = apparent_skies(tile);
  tile.receivers.noise_sigma_jy = 2;
  const auto bits = [&](unsigned threads) {
    const SubbandData data = simulate_subband(tile, skies, 0, threads, JobContext());
    return std::vector<std::complex<float>>(data.visibilities.begin(), data.visibilities.end());
  };
  const auto one = bits(1);
  CHECK(one == bits(3));
  tile.number = 1;
  const auto other_tile = bits(1);
  CHECK(one != other_tile);
  tile.receivers.seed = 9;
  CHECK(other_tile != bits(1));
}

TEST_CASE("a cancelled simulation stops") {
  const Tile tile = small_tile();
  JobContext context;
  context.cancel();
  CHECK_THROWS_AS(simulate_subband(tile, apparent_skies(tile), 0, 2, context), Cancelled);
}

TEST_CASE("gains of a wrong shape are refused") {
  Tile tile = small_tile();
  const std::vector<std::complex<double>> ones(4 * 95 * 2, 1.0);
  tile.receivers.gains = {ones.data(), {4, 95, 2}};
  CHECK_THROWS_AS(simulate_subband(tile, apparent_skies(tile), 0, 1, JobContext()), Error);
}
