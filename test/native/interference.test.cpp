#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "calibration/baseline_interference.h"
#include "calibration/interference_on_all.h"
#include "calibration/series_rises.h"
#include "calibration/sum_threshold.h"
#include "calibration/window_rises.h"
#include "core/median.h"
#include "core/nd_array.h"

using namespace contimg;
using namespace contimg::calibration;

namespace {

std::vector<float> gaussian_series(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(n);
  for (float& value : values) value = normal(random);
  return values;
}

std::size_t count(const NdArray<std::uint8_t, 2>& flags) {
  return static_cast<std::size_t>(std::count_if(flags.begin(), flags.end(), [](auto flag) { return flag != 0; }));
}

}  // namespace

TEST_CASE("the median by counting is the median by sorting") {
  std::mt19937 random(21);
  std::uniform_real_distribution<float> uniform(-2, 2);
  for (const std::size_t n : {1, 2, 3, 8, 1001, 1152}) {
    std::vector<float> values(n);
    for (float& value : values) value = n % 2 ? uniform(random) : std::round(4 * uniform(random)) * 1e30f;  // with ties
    const float counted = upper_median(values.data(), n);
    CHECK(counted == upper_median(values));
  }
}

TEST_CASE("the noise of a series is right with few neighbors as with many, and on a slope") {
  for (const Surroundings kind : {Surroundings::kLevel, Surroundings::kLine})
    for (const std::size_t n : {3, 7, 24}) {
      Rises all;
      for (unsigned part = 0; part < 3000 / n; ++part) {
        std::vector<float> values = gaussian_series(n, part);
        for (std::size_t i = 0; i < n && kind == Surroundings::kLine; ++i) values[i] -= 2 * static_cast<float>(i);
        all.append(rises_above_neighbors(values, std::vector<std::uint8_t>(n, 0), 3, kind));
      }
      if (kind == Surroundings::kLine && n == 3) continue;  // no line through two neighbors
      const double noise = noise_of(all, std::vector<std::uint8_t>(all.excess.size(), 0));
      CHECK(noise > 0.85);
      CHECK(noise < 1.3);
    }
}

TEST_CASE("a slope is no rise, at its ends neither, and a rise is found beside another") {
  std::vector<float> values(24);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = -0.1f * static_cast<float>(i);
  values[9] += 1;
  values[10] += 1;
  std::vector<std::uint8_t> flags(24, 0);
  flags[3] = 1;
  const Rises rises = rises_above_neighbors(values, flags, 3, Surroundings::kLine);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool risen = i == 9 || i == 10;
    if (risen) CHECK(rises.excess[i] > 0.9);
    if (!risen) CHECK(std::abs(rises.excess[i]) < 0.4);
  }
  CHECK(rises.excess[3] == 0);
  CHECK(rises.error[0] > rises.error[12]);
}

TEST_CASE("windows that rise together are found where one alone would not be, and no others") {
  constexpr std::size_t kTimes = 24, kWindows = 16, kWidth = 3;
  std::vector<std::size_t> first_channel;
  for (std::size_t w = 0; w < kWindows; ++w) first_channel.push_back(w * kWidth);
  const auto windows = windows_of(first_channel, kWindows * kWidth);
  const auto hit = [](std::size_t t, std::size_t k) { return t == 23 && k / kWidth >= 4 && k / kWidth < 12; };
  std::size_t missed = 0, wrong = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    const std::vector<float> noise = gaussian_series(kTimes * kWindows * kWidth, seed);
    NdArray<float, 2> rest({kTimes, kWindows * kWidth}), outlying({kTimes, kWindows * kWidth});
    NdArray<std::uint8_t, 2> found({kTimes, kWindows * kWidth});
    for (std::size_t t = 0; t < kTimes; ++t)
      for (std::size_t k = 0; k < kWindows * kWidth; ++k)
        rest(t, k) = 0.1f * noise[t * kWindows * kWidth + k] - 0.05f * static_cast<float>(t) + (hit(t, k) ? 0.45f : 0);
    flag_rises_of_windows(windows, outlying.view(), 1, rest.view(), found.view());
    for (std::size_t t = 0; t < kTimes; ++t)
      for (std::size_t k = 0; k < kWindows * kWidth; ++k) {
        missed += hit(t, k) && found(t, k) == 0;
        wrong += !hit(t, k) && found(t, k) != 0;
      }
  }
  CHECK(missed < 0.15 * 40 * 8 * kWidth);
  CHECK(wrong < 0.0005 * 40 * kTimes * kWindows * kWidth);
}

TEST_CASE("of cells that rise only those are flagged on all baselines that all of them have") {
  constexpr std::size_t kBaselines = 600, kTimes = 12, kChannels = 4;
  WindowAmplitudes window{0, NdArray<float, 4>({kBaselines, 1, kTimes, kChannels})};
  std::mt19937 random(15);
  std::normal_distribution<float> normal;
  std::uniform_real_distribution<float> angle(0, 6.2831853f);
  std::vector<std::size_t> baselines;
  for (std::size_t b = 0; b < kBaselines; ++b) {
    baselines.push_back(b);
    const float source = b % 2 ? 3.0f : 0.5f;  // sigma
    for (std::size_t t = 0; t < kTimes; ++t)
      for (std::size_t k = 0; k < kChannels; ++k) {
        const bool on_all = t == 3 && k == 1, on_some = t == 7 && k == 2 && b % 3 == 0;
        const float phase = angle(random), added = on_all ? 2.5f : on_some ? 6.0f : 0.0f;
        window.values(b, 0, t, k) =
            std::hypot(source + added * std::cos(phase) + normal(random), added * std::sin(phase) + normal(random));
      }
  }
  ArrayInterference seen{NdArray<std::uint8_t, 3>({1, kTimes, kChannels}), NdArray<float, 2>({1, kChannels})};
  seen.cells(0, 3, 1) = seen.cells(0, 7, 2) = seen.cells(0, 9, 0) = kRisenCell;  // the last by chance
  seen.cells(0, 5, 3) = kRisenWindow;
  judge_array_interference(window, baselines, 1, seen);
  CHECK(int(seen.cells(0, 3, 1)) == kOnAll);
  CHECK(int(seen.cells(0, 7, 2)) == kOnSome);
  CHECK(int(seen.cells(0, 9, 0)) == kOnSome);
  CHECK(int(seen.cells(0, 5, 3)) == kOnAll);
  CHECK(std::count(seen.cells.begin(), seen.cells.end(), std::uint8_t{0}) == kTimes * kChannels - 4);
}

TEST_CASE("where others have interference a baseline is asked for less") {
  BaselineAmplitudes baseline{NdArray<float, 2>({24, 48}), NdArray<std::uint8_t, 2>({24, 48}),
                              NdArray<std::uint8_t, 2>({24, 48})};
  const std::vector<float> noise = gaussian_series(24 * 48, 31);
  for (std::size_t i = 0; i < noise.size(); ++i) baseline.values.data()[i] = std::clamp(noise[i], -2.5f, 2.5f);
  for (const std::size_t k : {10, 20}) baseline.values(12, k) = 4.5f;
  for (const std::size_t k : {20, 30}) baseline.suspected(12, k) = 1;
  flag_baseline(baseline, 1, {});
  CHECK(count(baseline.flags) == 1);
  CHECK(int(baseline.flags(12, 20)) == 1);
}

TEST_CASE("what is beside interference does not ride along") {
  NdArray<float, 2> values({16, 1});
  NdArray<std::uint8_t, 2> flags({16, 1});
  values(7, 0) = 5.9f;
  values(8, 0) = 2.3f;  // a mean of 4.1, above the threshold of two
  sum_threshold(values.view(), flags.view(), 1, {});
  CHECK(count(flags) == 1);
  CHECK(int(flags(7, 0)) == 1);
  values(8, 0) = 3;
  std::fill(flags.begin(), flags.end(), std::uint8_t{0});
  sum_threshold(values.view(), flags.view(), 1, {});
  CHECK(int(flags(8, 0)) == 1);
}

TEST_CASE("what neighbors have in common is no interference") {
  // Fringes: of the variance of two times half is common.
  const std::vector<float> noise = gaussian_series(201 * 200, 3);
  NdArray<float, 2> values({200, 200});
  for (std::size_t i = 0; i < values.size(); ++i) values.data()[i] = (noise[i] + noise[i + 200]) / std::sqrt(2.0f);
  SumThresholdOptions options;
  options.first = 4.5;
  options.longest = 2;
  std::size_t found[2];
  for (const bool correlated : {false, true}) {
    options.correlated = correlated;
    NdArray<std::uint8_t, 2> flags({200, 200});
    sum_threshold(values.view(), flags.view(), 1, options);
    found[correlated] = count(flags);
  }
  CHECK(found[false] > 10);
  CHECK(found[true] < 6);
}

TEST_CASE("values that rise as far as they fall are fringes, and what rises farther is found") {
  std::mt19937 random(5);
  std::student_t_distribution<float> heavy(3);
  BaselineAmplitudes fringes{NdArray<float, 2>({24, 48}), NdArray<std::uint8_t, 2>({24, 48})};
  for (float& value : fringes.values) value = heavy(random);
  for (float& value : fringes.values) value = std::clamp(value, -12.0f, 12.0f);
  BaselineAmplitudes same{NdArray<float, 2>({24, 48}), NdArray<std::uint8_t, 2>({24, 48})};
  std::copy(fringes.values.begin(), fringes.values.end(), same.values.begin());
  fringes.values(12, 20) = 60;
  flag_baseline(same, 1, {});
  BaselineFlagging options;
  options.fringes = true;
  options.longest = 2;
  flag_baseline(fringes, 1, options);
  CHECK(count(same.flags) > 3);
  CHECK(count(fringes.flags) < count(same.flags));
  CHECK(int(fringes.flags(12, 20)) == 1);
}
