#include "calibration/baseline_interference.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "calibration/good_samples.h"
#include "calibration/sum_threshold.h"
#include "core/simd.h"

namespace contimg::calibration {
namespace {

constexpr std::size_t kTimeReach = 3, kChannelReach = 7;
constexpr int kRounds = 2;
constexpr double kDeepPart = 0.002;  // of the values; of noise alone these are 2.9 sigma below the median
constexpr double kSuspected = 3;     // sigma, of a cell or of the mean over time of a channel
constexpr double kOverDeep = 1.7;    // what rises by more than so many times that is no fringe

/// The samples that are summed up about sample `i` of a line: up to `reach` to either side. Towards the ends the box
/// shrinks to stay nearly symmetric: slopes of the fringes are not to look like interference there.
struct Box {
  Box(std::size_t i, std::size_t length, std::size_t reach) {
    const std::size_t near = std::min(reach, std::max<std::size_t>(1, std::min(i, length - 1 - i)));
    begin = i < near ? 0 : i - near;
    end = std::min(length, i + near + 1);
  }
  std::size_t begin, end;
};

/// Sums over boxes of 7 times and 15 channels, as differences of sums from the first sample on: in double precision,
/// for what is interference may be a million times as strong as the rest.
class BoxSums {
 public:
  BoxSums(std::size_t n_times, std::size_t n_channels)
      : n_times_(n_times), n_channels_(n_channels), running_((n_times + 1) * n_channels), along_(n_channels + 1) {}

  /// In place.
  void apply(float* values) {
    std::fill_n(running_.begin(), n_channels_, 0.0);
    for (std::size_t t = 0; t < n_times_; ++t)
      add(n_channels_, &running_[t * n_channels_], values + t * n_channels_, &running_[(t + 1) * n_channels_]);
    for (std::size_t t = 0; t < n_times_; ++t) {
      const Box box(t, n_times_, kTimeReach);
      float* row = values + t * n_channels_;
      difference(n_channels_, &running_[box.end * n_channels_], &running_[box.begin * n_channels_], row);
      along_[0] = 0;
      for (std::size_t k = 0; k < n_channels_; ++k) along_[k + 1] = along_[k] + row[k];
      // Whole boxes side by side, and the others at the ends.
      const std::size_t first = std::min(kChannelReach, n_channels_), last = std::max(first, n_channels_ - first);
      difference(last - first, &along_[std::min(first + kChannelReach + 1, n_channels_)], &along_[0], row + first);
      for (std::size_t k = 0; k < first; ++k) row[k] = along_box(k);
      for (std::size_t k = last; k < n_channels_; ++k) row[k] = along_box(k);
    }
  }

 private:
  CONTIMG_SIMD static void add(std::size_t n, const double* a, const float* b, double* sum) {
    for (std::size_t i = 0; i < n; ++i) sum[i] = a[i] + b[i];
  }
  CONTIMG_SIMD static void difference(std::size_t n, const double* a, const double* b, float* result) {
    for (std::size_t i = 0; i < n; ++i) result[i] = static_cast<float>(a[i] - b[i]);
  }

  float along_box(std::size_t k) const {
    const Box box(k, n_channels_, kChannelReach);
    return static_cast<float>(along_[box.end] - along_[box.begin]);
  }

  std::size_t n_times_, n_channels_;
  std::vector<double> running_, along_;
};

CONTIMG_SIMD void take_off_means(std::size_t n, const float* values, const float* sums, const float* counts,
                                 float* rest) {
  for (std::size_t i = 0; i < n; ++i) rest[i] = counts[i] > 0.5f ? values[i] - sums[i] / counts[i] : 0.0f;
}

/// Values less the mean of their good surroundings.
void subtract_surroundings(const BaselineAmplitudes& baseline, NdView<float, 2> sums, NdView<float, 2> counts,
                           BoxSums& boxes, NdView<float, 2> rest) {
  take_good(baseline.values.view(), baseline.flags.view(), sums.data(), counts.data());
  boxes.apply(sums.data());
  boxes.apply(counts.data());
  take_off_means(rest.size(), baseline.values.data(), sums.data(), counts.data(), rest.data());
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

void flag_suspected_cells(NdView<const float, 2> rest, BaselineAmplitudes& baseline, std::uint8_t mark) {
  for (std::size_t i = 0; i < baseline.suspected.size(); ++i) {
    std::uint8_t& flag = baseline.flags.data()[i];
    if (baseline.suspected.data()[i] && flag == 0 && rest.data()[i] > kSuspected) flag = mark;
  }
}

/// Suspected channels whose mean over time is above that of their surroundings.
void flag_suspected_channels(NdView<const float, 2> rest, NdView<std::uint8_t, 2> flags, std::uint8_t mark,
                             const std::vector<std::uint8_t>& suspects) {
  for (std::size_t k = 0; k < suspects.size(); ++k) {
    if (!suspects[k]) continue;
    double sum = 0, n = 0;
    for (std::size_t t = 0; t < rest.shape(0); ++t)
      if (flags(t, k) == 0) sum += rest(t, k), n += 1;
    if (!(sum > kSuspected * std::sqrt(n))) continue;
    for (std::size_t t = 0; t < rest.shape(0); ++t)
      if (flags(t, k) == 0) flags(t, k) = mark;
  }
}

}  // namespace

void flag_baseline(BaselineAmplitudes& baseline, std::uint8_t mark, const BaselineFlagging& options) {
  const auto shape = baseline.values.shape();
  NdArray<float, 2> sums(shape), counts(shape), rest(shape);
  BoxSums boxes(shape[0], shape[1]);
  SumThresholdOptions tested;
  tested.longest = options.longest;
  tested.correlated = options.fringes;
  tested.both_signs = false;  // interference adds to amplitudes, where fringes of sources take away too
  for (int round = 0; round < kRounds; ++round) {
    // The first round is blunter: what it misses no longer hides behind what it finds.
    tested.first = (round + 1 < kRounds ? 1.5 : 1) * options.threshold;
    subtract_surroundings(baseline, sums.view(), counts.view(), boxes, rest.view());
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
    flag_suspected_cells(rest.view(), baseline, mark);
    flag_suspected_channels(rest.view(), baseline.flags.view(), mark, options.suspected_channels);
  }
  extend_flags(baseline.flags.view(), mark, options.eta);
}

}  // namespace contimg::calibration
