// Both directions walk the same way: over lines of `length` samples that are `stride` apart, time first and then
// frequency, from short to long runs. Sums of all runs of a length come from those of half of it, 8 samples at a time,
// and tell in which lines anything is beyond the threshold: few. Only there a sum slides along; the runs that are found
// are flagged when the line is done, so that the order within a line does not matter.
#include "calibration/sum_threshold.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "calibration/good_samples.h"
#include "core/median.h"
#include "core/simd.h"

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
/// @return whether there was any.
bool threshold_line(const Line& line, std::size_t run, double threshold, bool both_signs, std::uint8_t mark,
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
  for (std::size_t k = 0; k < line.length && any; ++k)
    if (found[k]) line.flags[k * line.stride] |= mark;
  return any;
}

/// Of a run that begins at each sample, where its second half begins `half` samples on.
CONTIMG_SIMD void double_runs(std::size_t n, std::size_t half, float* sums, float* counts) {
  for (std::size_t i = 0; i < n; ++i) {
    sums[i] += sums[i + half];
    counts[i] += counts[i + half];
  }
}

CONTIMG_SIMD bool any_beyond(std::size_t n, const float* sums, const float* counts, float threshold, bool both_signs) {
  int n_beyond = 0;
  if (both_signs)
    for (std::size_t i = 0; i < n; ++i) n_beyond += (std::abs(sums[i]) > threshold * counts[i]) ? 1 : 0;
  else
    for (std::size_t i = 0; i < n; ++i) n_beyond += (sums[i] > threshold * counts[i]) ? 1 : 0;
  return n_beyond > 0;
}

/// Sums of good samples, and their number, over the runs that begin at each sample along one direction.
class Runs {
 public:
  Runs(NdView<const float, 2> values, NdView<const std::uint8_t, 2> flags, bool in_time)
      : values_(values),
        flags_(flags),
        in_time_(in_time),
        stride_(in_time ? values.shape(1) : 1),
        sums_(values.size()),
        counts_(values.size()) {}

  std::size_t length() const { return values_.shape(in_time_ ? 0 : 1); }

  /// Flags have changed.
  void begin_again() { run_ = 0; }

  /// Numbers of lines, in ascending order, in which a run is beyond the threshold (and by rounding others).
  const std::vector<std::size_t>& lines_beyond(std::size_t run, double threshold, bool both_signs) {
    double_until(run);
    const auto least = static_cast<float>(threshold * (1 - 1e-5));
    const std::size_t n_times = values_.shape(0), n_channels = values_.shape(1);
    const std::size_t n_rows = in_time_ ? n_times + 1 - run : n_times, n = in_time_ ? n_channels : n_channels + 1 - run;
    lines_.clear();
    for (std::size_t t = 0; t < n_rows; ++t) {
      const float *sums = &sums_[t * n_channels], *counts = &counts_[t * n_channels];
      if (!any_beyond(n, sums, counts, least, both_signs)) continue;
      if (!in_time_) lines_.push_back(t);
      for (std::size_t k = 0; k < n && in_time_; ++k)
        if ((both_signs ? std::abs(sums[k]) : sums[k]) > least * counts[k]) lines_.push_back(k);
    }
    std::sort(lines_.begin(), lines_.end());
    lines_.erase(std::unique(lines_.begin(), lines_.end()), lines_.end());
    return lines_;
  }

 private:
  void double_until(std::size_t run) {
    if (run_ == 0) {
      take_good(values_, flags_, sums_.data(), counts_.data());
      run_ = 1;
    }
    for (; run_ < run; run_ *= 2) {
      const std::size_t half = run_ * stride_;  // what goes beyond the end of a line is not looked at
      if (half < sums_.size()) double_runs(sums_.size() - half, half, sums_.data(), counts_.data());
    }
  }

  NdView<const float, 2> values_;
  NdView<const std::uint8_t, 2> flags_;
  bool in_time_;
  std::size_t stride_, run_ = 0;
  std::vector<float> sums_, counts_;
  std::vector<std::size_t> lines_;
};

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
  const std::size_t n_channels = values.shape(1);
  Runs in_time(values, flags, true), in_frequency(values, flags, false);
  std::vector<std::uint8_t> found;
  double threshold = options.first;
  for (std::size_t run = 1; run <= options.longest; run *= 2, threshold /= options.factor)
    for (Runs* const runs : {&in_time, &in_frequency}) {
      const bool along_time = runs == &in_time;
      if (run > runs->length() || (run == 1 && !along_time)) continue;
      const double common = options.correlated && run > 1 ? noise_in_common(values, flags, along_time, run) : 1;
      const std::size_t stride = along_time ? n_channels : 1, step = along_time ? 1 : n_channels;
      bool any = false;
      for (const std::size_t i : runs->lines_beyond(run, threshold * common, options.both_signs)) {
        const Line line{values.data() + i * step, flags.data() + i * step, runs->length(), stride};
        any = threshold_line(line, run, threshold * common, options.both_signs, mark, found) || any;
      }
      if (!any) continue;
      in_time.begin_again();
      in_frequency.begin_again();
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

}  // namespace contimg::calibration
