// Both directions walk the same way: over lines of `length` samples that are `stride` apart. For each run length the
// sums of all runs of a line slide along it; the runs that are found are flagged when the line is done, so that the
// order within a line does not matter. Time first and then frequency, from short to long runs.
#include "calibration/sum_threshold.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/median.h"

namespace contimg::calibration {
namespace {

constexpr double kLeastShare = 0.6;

struct Line {
  const float* values;
  std::uint8_t* flags;
  std::size_t length, stride;
};

/// Marks every run of `run` samples of a line whose sum is beyond `threshold` times its number of good samples, but for
/// what lies at its ends and has less than kLeastShare of the mean: what is beside interference rides along with it.
void threshold_line(const Line& line, std::size_t run, double threshold, bool both_signs,
                    std::vector<std::uint8_t>& found) {
  found.assign(line.length, 0);
  double sum = 0;
  std::size_t good = 0, marked_to = 0;
  bool any = false;
  for (std::size_t i = 0; i < line.length; ++i) {
    if (line.flags[i * line.stride] == 0) sum += line.values[i * line.stride], ++good;
    if (i >= run && line.flags[(i - run) * line.stride] == 0) sum -= line.values[(i - run) * line.stride], --good;
    if (i + 1 < run || good == 0) continue;
    if ((both_signs ? std::abs(sum) : sum) <= threshold * static_cast<double>(good)) continue;
    const double least = kLeastShare * std::abs(sum) / static_cast<double>(good), sign = sum < 0 ? -1 : 1;
    const auto rides_along = [&](std::size_t k) {
      return line.flags[k * line.stride] != 0 || sign * line.values[k * line.stride] < least;
    };
    std::size_t begin = i + 1 - run, end = i + 1;
    while (begin < end && rides_along(begin)) ++begin;
    while (begin < end && rides_along(end - 1)) --end;
    for (std::size_t k = std::max(marked_to, begin); k < end; ++k) found[k] = 1;
    marked_to = std::max(marked_to, end);
    any = true;
  }
  if (!any) found.clear();
}

void threshold_lines(NdView<const float, 2> values, NdView<std::uint8_t, 2> flags, std::uint8_t mark, bool in_time,
                     std::size_t run, double threshold, bool both_signs, std::vector<std::uint8_t>& found) {
  const std::size_t n_times = values.shape(0), n_channels = values.shape(1);
  const std::size_t n_lines = in_time ? n_channels : n_times, length = in_time ? n_times : n_channels;
  const std::size_t stride = in_time ? n_channels : 1, step = in_time ? 1 : n_channels;
  if (run > length) return;
  for (std::size_t i = 0; i < n_lines; ++i) {
    const Line line{values.data() + i * step, flags.data() + i * step, length, stride};
    threshold_line(line, run, threshold, both_signs, found);
    for (std::size_t k = 0; k < found.size(); ++k)
      if (found[k]) line.flags[k * stride] |= mark;
  }
}

/// Noise of means of runs of good samples, over that of independent ones; at least 1.
double noise_in_common(NdView<const float, 2> values, NdView<const std::uint8_t, 2> flags, bool in_time,
                       std::size_t run) {
  const std::size_t n_times = values.shape(0), n_channels = values.shape(1);
  const std::size_t stride = in_time ? n_channels : 1;
  std::vector<float> sizes;
  for (std::size_t t = 0; t + (in_time ? run : 1) <= n_times; ++t)
    for (std::size_t k = 0; k + (in_time ? 1 : run) <= n_channels; ++k) {
      const std::size_t first = t * n_channels + k;
      float sum = 0;
      bool good = true;
      for (std::size_t i = 0; i < run; ++i) {
        sum += values.data()[first + i * stride];
        good = good && flags.data()[first + i * stride] == 0;
      }
      if (good) sizes.push_back(std::abs(sum));
    }
  if (sizes.empty()) return 1;
  return std::max(1.0, 1.4826 * upper_median(sizes) / std::sqrt(static_cast<double>(run)));
}

/// With w = eta for a flagged and eta - 1 for a good sample, a stretch qualifies where its sum is not negative. A
/// sample is in one where the highest sum up to its end is not below the lowest up to its beginning: two walks.
void extend_line(std::uint8_t* flags, std::size_t length, std::size_t stride, std::uint8_t mark, double eta,
                 std::vector<double>& sums, std::vector<double>& highest) {
  sums.assign(length + 1, 0);
  highest.resize(length + 1);
  bool any = false;
  for (std::size_t i = 0; i < length; ++i) {
    any = any || flags[i * stride] != 0;
    sums[i + 1] = sums[i] + (flags[i * stride] != 0 ? eta : eta - 1);
  }
  if (!any) return;
  highest[length] = sums[length];
  for (std::size_t i = length; i-- > 0;) highest[i] = std::max(highest[i + 1], sums[i]);
  double lowest = sums[0];
  for (std::size_t i = 0; i < length; ++i) {
    lowest = std::min(lowest, sums[i]);
    if (highest[i + 1] - lowest >= -1e-9) flags[i * stride] |= flags[i * stride] == 0 ? mark : 0;
  }
}

}  // namespace

void sum_threshold(NdView<const float, 2> values, NdView<std::uint8_t, 2> flags, std::uint8_t mark,
                   const SumThresholdOptions& options) {
  std::vector<std::uint8_t> found;
  double threshold = options.first;
  for (std::size_t run = 1; run <= options.longest; run *= 2, threshold /= options.factor) {
    for (const bool in_time : {true, false}) {
      if (run == 1 && !in_time) continue;
      const double common = options.correlated && run > 1 ? noise_in_common(values, flags, in_time, run) : 1;
      threshold_lines(values, flags, mark, in_time, run, threshold * common, options.both_signs, found);
    }
  }
}

void extend_flags(NdView<std::uint8_t, 2> flags, std::uint8_t mark, double eta) {
  const std::size_t n_times = flags.shape(0), n_channels = flags.shape(1);
  std::vector<double> sums, highest;
  std::vector<std::uint8_t> in_time(flags.begin(), flags.end());
  for (std::size_t k = 0; k < n_channels; ++k)
    extend_line(in_time.data() + k, n_times, n_channels, mark, eta, sums, highest);
  for (std::size_t t = 0; t < n_times; ++t)
    extend_line(flags.data() + t * n_channels, n_channels, 1, mark, eta, sums, highest);
  for (std::size_t i = 0; i < in_time.size(); ++i) flags.data()[i] |= in_time[i];
}

RobustLevel robust_level(NdView<const float, 2> values, NdView<const std::uint8_t, 2> flags) {
  thread_local std::vector<float> good;
  good.clear();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (flags.data()[i] == 0) good.push_back(values.data()[i]);
  RobustLevel level;
  level.count = good.size();
  if (good.empty()) return level;
  level.median = upper_median(good);
  for (float& value : good) value = std::abs(value - static_cast<float>(level.median));
  level.sigma = 1.4826 * upper_median(good);
  return level;
}

}  // namespace contimg::calibration
