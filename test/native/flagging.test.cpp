#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "calibration/array_interference.h"
#include "calibration/baseline_interference.h"
#include "calibration/flag_visibilities.h"
#include "calibration/flagged_source.h"
#include "calibration/shadowing.h"
#include "calibration/sum_threshold.h"
#include "core/source_arrays.h"
#include "memory_source.h"
#include "random_values.h"

using namespace contimg;
using namespace contimg::calibration;
using contimg::test::gaussian_noise;

namespace {

std::size_t count(const NdArray<std::uint8_t, 2>& flags) {
  return static_cast<std::size_t>(std::count_if(flags.begin(), flags.end(), [](auto flag) { return flag != 0; }));
}

void add_noise(test::MemorySource& source, float sigma, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, sigma);
  for (auto& v : source.visibilities) v += std::complex<float>(normal(random), normal(random));
}

/// Interference of the first polarization that is there and is found, and what is clean and is flagged for it.
struct Score {
  std::size_t hits = 0, found = 0, clean = 0, wrong = 0;
};

template <typename Hit>
Score score_of(const Flags& flags, const Observation& o, const Hit& hit, bool with_autocorrelations) {
  Score score;
  for (std::size_t row = 0; row < o.n_rows(); ++row)
    for (std::size_t k = 0; k < o.n_channels(); ++k) {
      if (!with_autocorrelations && o.antenna1[row] == o.antenna2[row]) continue;
      const bool flagged = (flags.reasons(row, k, 0) & kInterference) != 0;
      (hit(row, k) ? score.hits : score.clean) += 1;
      (hit(row, k) ? score.found : score.wrong) += flagged;
    }
  return score;
}

}  // namespace

TEST_CASE("noise alone is hardly ever flagged") {
  const NdArray<float, 2> values = gaussian_noise<float>(100, 400, 1);
  NdArray<std::uint8_t, 2> flags({100, 400});
  sum_threshold(values.view(), flags.view(), 1, {});
  CHECK(count(flags) < 40);  // a thousandth
}

TEST_CASE("faint interference is found where it is long, and strong interference where it is short") {
  NdArray<float, 2> values = gaussian_noise<float>(64, 64, 2);
  values(10, 10) += 12;
  for (std::size_t t = 0; t < 64; ++t) values(t, 30) += 2;  // too faint for one sample
  for (std::size_t k = 0; k < 64; ++k) values(40, k) -= 2;
  NdArray<std::uint8_t, 2> flags({64, 64});
  sum_threshold(values.view(), flags.view(), 4, {});
  CHECK(flags(10, 10) == 4);
  std::size_t in_channel = 0, in_time = 0;
  for (std::size_t i = 0; i < 64; ++i) in_channel += flags(i, 30) != 0, in_time += flags(40, i) != 0;
  CHECK(in_channel > 60);
  CHECK(in_time > 60);
  CHECK(count(flags) < 150);
}

TEST_CASE("samples that are flagged already take no part in the sums") {
  NdArray<float, 2> values({1, 16});
  NdArray<std::uint8_t, 2> flags({1, 16});
  values(0, 8) = 1e6f;
  flags(0, 8) = 2;
  sum_threshold(values.view(), flags.view(), 1, {});
  CHECK(count(flags) == 1);
}

TEST_CASE("the rank operator flags what lies in stretches mostly flagged") {
  // Against its definition, by trying every stretch.
  std::mt19937 random(3);
  for (const double eta : {0.0, 0.2, 0.5})
    for (int round = 0; round < 50; ++round) {
      const std::size_t n = 40;
      NdArray<std::uint8_t, 2> flags({1, n});
      for (std::uint8_t& flag : flags) flag = random() % 3 == 0;
      std::vector<bool> expected(n, false);
      for (std::size_t begin = 0; begin < n; ++begin)
        for (std::size_t end = begin + 1, flagged = 0; end <= n; ++end) {
          flagged += flags(0, end - 1);
          if (static_cast<double>(flagged) >= (1 - eta) * static_cast<double>(end - begin) - 1e-9)
            std::fill(expected.begin() + static_cast<long>(begin), expected.begin() + static_cast<long>(end), true);
        }
      extend_flags(flags.view(), 1, eta);
      for (std::size_t i = 0; i < n; ++i) CHECK((flags(0, i) != 0) == expected[i]);
    }
}

TEST_CASE("interference of one baseline is found above fringes that change slowly") {
  BaselineAmplitudes baseline{NdArray<float, 2>({24, 48}), NdArray<std::uint8_t, 2>({24, 48})};
  std::mt19937 random(4);
  std::normal_distribution<float> normal(0, 0.1f);
  for (std::size_t t = 0; t < 24; ++t)
    for (std::size_t k = 0; k < 48; ++k)
      baseline.values(t, k) =
          static_cast<float>(2 + std::sin(0.1 * double(t)) + 0.5 * std::cos(0.05 * double(k))) + normal(random);
  for (std::size_t t = 5; t < 15; ++t) baseline.values(t, 20) += 1;
  baseline.flags(0, 0) = 1;
  flag_baseline(baseline, 64, {});
  std::size_t found = 0, all = 0;
  for (std::size_t t = 5; t < 15; ++t) found += baseline.flags(t, 20) == 64;
  for (const std::uint8_t flag : baseline.flags) all += flag == 64;
  CHECK(found == 10);
  CHECK(all < 16);
  CHECK(baseline.flags(0, 0) == 1);
}

TEST_CASE("the array sees interference far below the noise of a baseline") {
  test::MemorySource source(40, 12, 32);
  Observation& o = source.observation();
  o.spw_first_channel = {0, 16};
  add_noise(source, 1, 5);
  std::mt19937 random(6);
  std::uniform_real_distribution<double> angle(0, 2 * kPi);
  const auto hit = [](std::size_t t, std::size_t k) { return k == 9 || t == 7 || (t > 1 && t < 5 && k == 21); };
  for (std::size_t i = 0; i < source.visibilities.size(); ++i)
    if (hit(o.time_index[i / 64], (i / 2) % 32))
      source.visibilities[i] += std::complex<float>(std::polar(1.2, angle(random)));
  const ArrayPower power = measure_array_power(source, 2, JobContext());
  const ArrayInterference interference = find_array_interference(power, o.spw_first_channel);
  const auto& found = interference.cells;
  std::size_t missed = 0, wrong = 0;
  for (std::size_t p = 0; p < 2; ++p)
    for (std::size_t t = 0; t < 12; ++t)
      for (std::size_t k = 0; k < 32; ++k) {
        const bool known = found(p, t, k) || interference.raised(p, k) > 0;
        missed += hit(t, k) && !known;
        wrong += !hit(t, k) && known;
      }
  CHECK(missed == 0);
  CHECK(wrong <= 4);
}

TEST_CASE("a channel with faint interference on a third of the baselines is flagged on these alone") {
  test::MemorySource source(14, 24, 32);  // whose blocks are windows of 3 channels
  Observation& o = source.observation();
  o.spw_first_channel = {0};
  add_noise(source, 1, 11);
  std::mt19937 random(12);
  std::uniform_real_distribution<double> angle(0, 2 * kPi);
  const auto hit = [&](std::size_t row, std::size_t k) {
    return k == 9 && o.antenna1[row] != o.antenna2[row] && (o.antenna1[row] + o.antenna2[row]) % 3 == 0;
  };
  for (std::size_t i = 0; i < source.visibilities.size(); ++i)
    if (hit(i / 64, i / 2 % 32)) source.visibilities[i] += std::complex<float>(std::polar(3.0, angle(random)));
  const Flags flags = flag_visibilities(source, {}, JobContext());
  const Score score = score_of(flags, o, hit, false);
  CHECK(static_cast<double>(score.found) > 0.85 * static_cast<double>(score.hits));
  CHECK(static_cast<double>(score.wrong) < 0.0005 * static_cast<double>(score.clean));
}

TEST_CASE("what some baselines have is flagged on them alone, and drifting sources are no interference") {
  test::MemorySource source(24, 24, 3);  // whose blocks are windows of 3 channels
  Observation& o = source.observation();
  o.spw_first_channel = {0};
  add_noise(source, 1, 8);
  std::mt19937 random(9);
  std::uniform_real_distribution<double> angle(0, 2 * kPi);
  const auto hit = [&](std::size_t row, std::size_t k) {
    return o.antenna1[row] != o.antenna2[row] && (o.antenna1[row] + o.antenna2[row]) % 3 == 0 && k == 1 &&
           o.time_index[row] / 2 == 4;
  };
  for (std::size_t i = 0; i < source.visibilities.size(); ++i) {
    const std::size_t row = i / 6, k = i / 2 % 3;
    source.visibilities[i] *= 1 + 0.03f * static_cast<float>(o.time_index[row]);
    if (hit(row, k)) source.visibilities[i] += std::complex<float>(std::polar(12.0, angle(random)));
  }
  const Flags flags = flag_visibilities(source, {}, JobContext());
  const Score score = score_of(flags, o, hit, true);
  CHECK(score.found == score.hits);
  CHECK(static_cast<double>(score.wrong) < 0.002 * static_cast<double>(score.clean));
}

TEST_CASE("each reason is kept apart") {
  test::MemorySource source(12, 6, 16);
  Observation& o = source.observation();
  o.spw_first_channel = {0, 8};
  source.add({o.phase_center[3], 3});
  add_noise(source, 1, 7);
  for (std::size_t i = 0; i < source.visibilities.size(); ++i) {
    const std::size_t row = i / 32;
    if (o.antenna1[row] == 3 || o.antenna2[row] == 3) source.visibilities[i] *= 0.01f;
    if (o.antenna1[row] == 5 || o.antenna2[row] == 5) source.visibilities[i] = 0;
  }
  source.flags[40] = 1;
  source.weights[41] = 0;
  FlagOptions options;
  options.edge_channels = 1;
  const Flags flags = flag_visibilities(source, options, JobContext());
  CHECK(flags.dead_antennas == std::vector<std::size_t>{3, 5});
  for (std::size_t row = 0; row < o.n_rows(); ++row) {
    const auto a = o.antenna1[row], b = o.antenna2[row];
    const int reasons = flags.reasons(row, 4, 0);
    CHECK(((reasons & kAutocorrelation) != 0) == (a == b));
    CHECK(((reasons & kDeadAntenna) != 0) == (a == 3 || b == 3 || a == 5 || b == 5));
    CHECK(((reasons & kInvalid) != 0) == (a == 5 || b == 5));
    for (const std::size_t edge : {0, 7, 8, 15}) CHECK((flags.reasons(row, edge, 1) & kBandEdge) != 0);
    CHECK((flags.reasons(row, 3, 1) & kBandEdge) == 0);
  }
  CHECK((flags.reasons.data()[40] & kFlaggedBefore) != 0);
  CHECK((flags.reasons.data()[41] & kFlaggedBefore) != 0);
  CHECK((flags.reasons.data()[42] & kFlaggedBefore) == 0);
}

TEST_CASE("of two dishes in line the one behind is shadowed") {
  test::MemorySource source(3, 1, 1);
  Observation& o = source.observation();
  for (std::size_t row = 0; row < o.n_rows(); ++row) o.uvw_m[row] = {100, 0, 0};
  const auto row_of = [&](std::size_t a, std::size_t b) {
    for (std::size_t row = 0; row < o.n_rows(); ++row)
      if (o.antenna1[row] == a && o.antenna2[row] == b) return row;
    return o.n_rows();
  };
  o.uvw_m[row_of(0, 1)] = {4, 2, -7};  // antenna 1 minus antenna 0: 1 is behind
  o.uvw_m[row_of(1, 2)] = {4, 3, 7};   // 5 m apart: 4.65 m dishes do not overlap
  const auto shadowed = find_shadowed(o);
  CHECK(int(shadowed(0, 0)) == 0);
  CHECK(int(shadowed(0, 1)) == 1);
  CHECK(int(shadowed(0, 2)) == 0);
}

TEST_CASE("a flagged source adds flags, and refuses those of another observation") {
  auto raw = std::make_unique<test::MemorySource>(3, 1, 4);
  raw->flags[1] = 1;
  const std::size_t rows = raw->observation().n_rows();
  NdArray<std::uint8_t, 3> reasons({rows, 4, 2});
  reasons(2, 3, 1) = kShadowed;
  const NdArray<std::uint8_t, 3> others({rows, 5, 2});
  FlaggedSource source(std::move(raw), reasons.view());
  const SourceArrays arrays = read_all(source, JobContext());
  std::size_t n = 0;
  for (const std::uint8_t flag : arrays.flags) n += flag;
  CHECK(n == 2);
  CHECK(int(arrays.flags(2, 3, 1)) == 1);
  CHECK_THROWS_WITH_AS(FlaggedSource(std::make_unique<test::MemorySource>(3, 1, 4), others.view()),
                       doctest::Contains("6 x 4 x 2"), Error);
}
