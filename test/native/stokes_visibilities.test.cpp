#include "imaging/stokes_visibilities.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "coordinates/tile_center.h"
#include "memory_source.h"

using namespace contimg;
using namespace contimg::imaging;
using contimg::test::MemorySource;

namespace {
constexpr std::size_t kAntennas = 5, kTimes = 3, kChannels = 8, kCross = kAntennas * (kAntennas - 1) / 2 * kTimes;

StokesVisibilities gather(MemorySource& source, const Direction& center, Stokes stokes = Stokes::kI) {
  return gather_stokes(source, stokes, {0, source.observation().n_channels()}, center, 2, JobContext());
}

std::ptrdiff_t n_used(const StokesVisibilities& data) {
  return std::count_if(data.weights.begin(), data.weights.end(), [](float weight) { return weight > 0; });
}

std::string code_of(MemorySource& source, Stokes stokes = Stokes::kI) {
  try {
    gather(source, tile_center(source.observation()), stokes);
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
  const StokesVisibilities data = gather(source, center);
  CHECK(data.weights.shape(0) == kCross);
  CHECK(n_used(data) == kCross * kChannels);
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
  const auto data = gather(source, source.observation().phase_center[0]);
  REQUIRE(data.weights.shape(0) == 1);
  CHECK(data.visibilities(0, 0) == std::complex<float>(2, 1.5));
  CHECK(data.weights(0, 0) == doctest::Approx(4 / (1 / 0.5 + 1)));
  for (std::size_t k = 1; k <= 4; ++k) CHECK(data.weights(0, k) == 0);
  CHECK(data.weights(0, 5) > 0);
  CHECK(n_used(data) == kChannels - 4);
}

TEST_CASE("gathering: XX and YY are taken as they are, each with its own flags and weights") {
  MemorySource source(2, 1, kChannels);
  const std::size_t row = kChannels * 2;
  for (std::size_t k = 0; k < kChannels; ++k) {
    source.visibilities[row + 2 * k] = {3, 1};
    source.visibilities[row + 2 * k + 1] = {1, 2};
    source.weights[row + 2 * k] = 0.5f;
  }
  source.flags[row + 2] = 1;  // XX of channel 1
  const Direction center = source.observation().phase_center[0];
  const auto xx = gather(source, center, Stokes::kXX), yy = gather(source, center, Stokes::kYY);
  CHECK(xx.visibilities(0, 0) == std::complex<float>(3, 1));
  CHECK(yy.visibilities(0, 0) == std::complex<float>(1, 2));
  CHECK(xx.weights(0, 0) == 0.5f);
  CHECK(yy.weights(0, 0) == 1);
  CHECK(xx.weights(0, 1) == 0);
  CHECK(yy.weights(0, 1) == 1);
  CHECK(code_of(source, Stokes::kRR) == code::kNoValidData);
}

TEST_CASE("gathering: a range of channels is that part of all, also where blocks begin elsewhere") {
  MemorySource source(kAntennas, kTimes, kChannels);
  const Direction center = tile_center(source.observation());
  source.add({{center.ra_rad + 0.01, center.dec_rad}, 1});
  for (std::size_t i = 0; i < source.weights.size(); ++i) source.weights[i] = 1 + 0.01f * float(i % 16);
  for (std::size_t i = 0; i < source.flags.size() / 2; ++i)
    source.flags[i] = i % 16 > 3;  // half: channels 0 and 1 alone
  const StokesVisibilities all = gather(source, center);
  const auto direct = gather_stokes(source, Stokes::kI, {1, 6}, center, 1, JobContext());
  const auto copied = channels_of(all, {1, 6});
  CHECK(direct.freq_hz == std::vector<double>(all.freq_hz.begin() + 1, all.freq_hz.begin() + 6));
  CHECK(copied.freq_hz == direct.freq_hz);
  REQUIRE(direct.weights.shape() == std::array<std::size_t, 2>{all.weights.shape(0), 5});
  for (std::size_t row = 0; row < direct.weights.shape(0); ++row)
    for (std::size_t k = 0; k < 5; ++k) {
      CHECK(direct.weights(row, k) == all.weights(row, k + 1));
      CHECK(direct.visibilities(row, k) == all.visibilities(row, k + 1));
      CHECK(copied.weights(row, k) == all.weights(row, k + 1));
      CHECK(copied.visibilities(row, k) == all.visibilities(row, k + 1));
    }
  CHECK(channels_of(all, {4, 6}).time_index.size() < all.time_index.size());  // rows that are flagged there
  for (const ChannelRange range : {ChannelRange{3, 3}, {0, 9}, {9, 10}})
    CHECK_THROWS_AS(gather_stokes(source, Stokes::kI, range, center, 1, JobContext()), Error);
}

TEST_CASE("gathering: rows without weight are dropped and the others keep their uvw and time") {
  MemorySource source(3, 2, 2);
  const std::size_t n = 3 * 4;  // autocorrelations included, the whole first integration but its row 1-2
  for (std::size_t i = 0; i < 2 * n; ++i) source.flags[i] = i / 4 != 4;
  const auto data = gather(source, source.observation().phase_center[0]);
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
