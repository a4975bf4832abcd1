#include "calibration/baseline_interference.h"

#include <algorithm>
#include <vector>

#include "calibration/sum_threshold.h"

namespace contimg::calibration {
namespace {

constexpr std::size_t kTimeReach = 3, kChannelReach = 7;
constexpr int kRounds = 2;
constexpr double kDeepPart = 0.002;  // of the values; of noise alone these are 2.9 sigma below the median
constexpr double kOverDeep = 1.7;    // what rises by more than so many times that is no fringe

/// Sums over up to `reach` neighbors to either side, along lines of `length` samples `stride` apart. Towards the ends
/// the box shrinks to stay nearly symmetric: slopes of the fringes are not to look like interference there.
void box_sums(const float* from, float* to, std::size_t length, std::size_t stride, std::size_t reach) {
  thread_local std::vector<double> sums;
  sums.assign(1, 0);
  for (std::size_t i = 0; i < length; ++i) sums.push_back(sums.back() + from[i * stride]);
  for (std::size_t i = 0; i < length; ++i) {
    const std::size_t near = std::min(reach, std::max<std::size_t>(1, std::min(i, length - 1 - i)));
    const std::size_t begin = i < near ? 0 : i - near, end = std::min(length, i + near + 1);
    to[i * stride] = static_cast<float>(sums[end] - sums[begin]);
  }
}

void box_sums_2d(NdView<float, 2> values, NdView<float, 2> scratch) {
  const std::size_t n_times = values.shape(0), n_channels = values.shape(1);
  for (std::size_t t = 0; t < n_times; ++t) box_sums(&values(t, 0), &scratch(t, 0), n_channels, 1, kChannelReach);
  for (std::size_t k = 0; k < n_channels; ++k) box_sums(&scratch(0, k), &values(0, k), n_times, n_channels, kTimeReach);
}

/// Values less the mean of their good surroundings.
void subtract_surroundings(const BaselineAmplitudes& baseline, NdView<float, 2> sums, NdView<float, 2> counts,
                           NdView<float, 2> scratch, NdView<float, 2> rest) {
  const std::size_t n = rest.size();
  for (std::size_t i = 0; i < n; ++i) {
    const bool good = baseline.flags.data()[i] == 0;
    sums.data()[i] = good ? baseline.values.data()[i] : 0;
    counts.data()[i] = good ? 1 : 0;
  }
  box_sums_2d(sums, scratch);
  box_sums_2d(counts, scratch);
  for (std::size_t i = 0; i < n; ++i)
    rest.data()[i] = counts.data()[i] > 0.5f ? baseline.values.data()[i] - sums.data()[i] / counts.data()[i] : 0;
}

/// How far the kDeepPart lowest of the good values are below the median.
double depth_of_falls(NdView<const float, 2> rest, const NdArray<std::uint8_t, 2>& flags, double median) {
  std::vector<float> good;
  for (std::size_t i = 0; i < rest.size(); ++i)
    if (flags.data()[i] == 0) good.push_back(rest.data()[i]);
  const auto deep = good.begin() + static_cast<std::ptrdiff_t>(kDeepPart * static_cast<double>(good.size()));
  std::nth_element(good.begin(), deep, good.end());
  return median - *deep;
}

}  // namespace

void flag_baseline(BaselineAmplitudes& baseline, std::uint8_t mark, const BaselineFlagging& options) {
  const auto shape = baseline.values.shape();
  NdArray<float, 2> sums(shape), counts(shape), scratch(shape), rest(shape);
  SumThresholdOptions tested;
  tested.longest = options.longest;
  tested.correlated = options.fringes;
  tested.both_signs = false;  // interference adds to amplitudes, where fringes of sources take away too
  for (int round = 0; round < kRounds; ++round) {
    // The first round is blunter: what it misses no longer hides behind what it finds.
    tested.first = (round + 1 < kRounds ? 1.5 : 1) * options.threshold;
    subtract_surroundings(baseline, sums.view(), counts.view(), scratch.view(), rest.view());
    const RobustLevel level = robust_level(rest.view(), baseline.flags.view());
    if (level.count < 16 || !(level.sigma > 0)) return;
    double sigma = std::max(level.sigma, options.least_sigma);
    if (options.fringes)
      sigma =
          std::max(sigma, kOverDeep / options.threshold * depth_of_falls(rest.view(), baseline.flags, level.median));
    for (float& value : rest) value = static_cast<float>((value - level.median) / sigma);
    for (std::uint8_t& flag : baseline.flags)
      if (flag == mark) flag = 0;  // found before: judged anew, against surroundings without it
    sum_threshold(rest.view(), baseline.flags.view(), mark, tested);
  }
  extend_flags(baseline.flags.view(), mark, options.eta);
}

}  // namespace contimg::calibration
