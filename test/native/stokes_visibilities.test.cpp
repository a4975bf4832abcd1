#include "imaging/stokes_visibilities.h"

#include <doctest/doctest.h>

#include <limits>

#include "coordinates/tile_center.h"
#include "memory_source.h"

using namespace contimg;
using namespace contimg::imaging;
using contimg::test::MemorySource;

namespace {
constexpr std::size_t kAntennas = 5, kTimes = 3, kChannels = 8, kCross = kAntennas * (kAntennas - 1) / 2 * kTimes;

std::string code_of(MemorySource& source) {
  try {
    gather_stokes_i(source, tile_center(source.observation()), 1, JobContext());
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}
}  // namespace

TEST_CASE("gathering: a source at the new phase center becomes its flux in every visibility") {
  MemorySource source(kAntennas, kTimes, kChannels);
  const Direction center{source.observation().phase_center[1].ra_rad + 0.01, 0.27};
  source.add({center, 2.5});
  const StokesVisibilities data = gather_stokes_i(source, center, 2, JobContext());
  CHECK(data.weights.shape(0) == kCross);
  CHECK(data.n_used == kCross * kChannels);
  double worst = 0;
  for (const auto v : data.visibilities) worst = std::max(worst, double(std::abs(v - std::complex<float>(2.5f))));
  CHECK(worst < 2e-5);
}

TEST_CASE("gathering: Stokes I is the mean of XX and YY, its weight 4 / (1/wx + 1/wy), both unflagged") {
  MemorySource source(2, 1, kChannels);
  // Rows: 0-0, 0-1, 1-1. Row 1 alone is used.
  const std::size_t row = kChannels * 2;
  for (std::size_t k = 0; k < kChannels; ++k) {
    source.visibilities[row + 2 * k] = {3, 1};
    source.visibilities[row + 2 * k + 1] = {1, 2};
    source.weights[row + 2 * k] = 0.5f;
  }
  source.flags[row + 2] = 1;                                                   // channel 1
  source.weights[row + 5] = 0;                                                 // channel 2
  source.visibilities[row + 6] = std::numeric_limits<float>::quiet_NaN();      // channel 3
  source.visibilities[row + 9] = {0, std::numeric_limits<float>::infinity()};  // channel 4
  const auto data = gather_stokes_i(source, source.observation().phase_center[0], 1, JobContext());
  REQUIRE(data.weights.shape(0) == 1);
  CHECK(data.visibilities(0, 0) == std::complex<float>(2, 1.5));
  CHECK(data.weights(0, 0) == doctest::Approx(4 / (1 / 0.5 + 1)));
  for (std::size_t k = 1; k <= 4; ++k) CHECK(data.weights(0, k) == 0);
  CHECK(data.weights(0, 5) > 0);
  CHECK(data.n_used == kChannels - 4);
}

TEST_CASE("gathering: rows without weight are dropped and the others keep their uvw and time") {
  MemorySource source(3, 2, 2);
  const std::size_t n = 3 * 4;  // autocorrelations included, the whole first integration but its row 1-2
  for (std::size_t i = 0; i < 2 * n; ++i) source.flags[i] = i / 4 != 4;
  const auto data = gather_stokes_i(source, source.observation().phase_center[0], 1, JobContext());
  REQUIRE(data.time_index.size() == 4);
  CHECK(data.time_index[0] == 0);
  CHECK(data.time_index[1] == 1);
  CHECK(norm(data.uvw_m(0) - source.observation().uvw_m[4]) == 0);
}

TEST_CASE("gathering refuses data without anything to image") {
  MemorySource flagged(3, 2, 4);
  flagged.flags.assign(flagged.flags.size(), 1);
  CHECK(code_of(flagged) == code::kNoValidData);
  MemorySource autocorrelations(1, 2, 4);
  CHECK(code_of(autocorrelations) == code::kNoValidData);
  MemorySource cross_hands(3, 2, 4);
  cross_hands.observation().polarizations = {-7, -8};
  CHECK(code_of(cross_hands) == code::kNoValidData);
}
