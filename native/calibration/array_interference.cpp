#include "calibration/array_interference.h"

#include <algorithm>
#include <cmath>

#include "calibration/baseline_interference.h"
#include "calibration/sum_threshold.h"

namespace contimg::calibration {
namespace {

constexpr double kThreshold = 6;       // sigma
constexpr std::size_t kNeighbors = 7;  // channels to either side
constexpr std::size_t kNearTimes = 3;  // integrations to either side
constexpr double kLeastExcess = 0.1;   // of ln power: the band itself is not flatter
constexpr double kLeastRise = 0.15;    // likewise, of what a window does in time: sources drift
constexpr double kEta = 0.2;           // of the rank operator
// Long runs are what windows as a whole rise by; fringes that several sources make are correlated over channels.
constexpr std::size_t kLongestRun = 2;
constexpr double kLeastSigma = 0.015;      // of ln power
constexpr std::size_t kNeighborhood = 16;  // channels that drift alike
constexpr double kAlikeRise = 1.3;         // see is_on_some
constexpr double kLeastOnSome = 0.05;      // part of the baselines: what all have of 1 sigma lets as many stand out
constexpr double kMostOnSome = 0.6;
enum : std::uint8_t { kKnown = 1, kFound = 2 };

/// Whether what raises ln power of the mean baseline by `rise`, and lets a part `outlying` of the baselines stand out,
/// is on some baselines alone, to be flagged on them and on no others.
///
/// What all have raises the others too: of amplitudes from 1 to 5 sigma, on sources of up to 3 sigma, the rise of those
/// that do not stand out is 1.8 to 2.4 times the root of the part that does, more than noise. What a third has of 3 to
/// 10 sigma gives 0 to 1.2.
bool is_on_some(double rise, double outlying) {
  if (outlying < kLeastOnSome || outlying > kMostOnSome) return false;
  return rise < kAlikeRise * std::sqrt(outlying - kOutlyingNoise);
}

/// Of an even number the lower of the two in the middle: interference only adds power.
float median_of(std::vector<float>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Of the values around `at`, at most `reach` away and within [begin, end), whose flag is 0.
float local_median(const std::vector<float>& values, const std::vector<std::uint8_t>& flags, std::size_t at,
                   std::size_t reach, std::size_t begin, std::size_t end) {
  std::vector<float> near;
  for (std::size_t i = std::max(begin + reach, at) - reach; i < std::min(end, at + reach + 1); ++i)
    if (!flags[i]) near.push_back(values[i]);
  return near.empty() ? values[at] : median_of(near);
}

/// One polarization.
struct PolPower {
  PolPower(const ArrayPower& power, NdView<const std::uint8_t, 3> interference, std::size_t pol)
      : power(power), interference(interference), pol(pol), n_times(power.log_power.shape(1)) {}
  const ArrayPower& power;
  NdView<const std::uint8_t, 3> interference;
  const std::size_t pol, n_times;

  /// Where interference is all there is, it counts (`all`).
  bool good(std::size_t t, std::size_t k, bool all) const {
    return !power.absent(pol, t, k) && (all || !interference(pol, t, k));
  }
  float log_power(std::size_t t, std::size_t k) const { return power.log_power(pol, t, k); }
};

/// First channels of stretches of whole windows and at least kNeighborhood channels, and one more.
std::vector<std::size_t> neighborhoods(const std::vector<std::size_t>& window_first_channel, std::size_t n_channels) {
  std::vector<std::size_t> edges{0};
  for (const std::size_t first : window_first_channel)
    if (first >= edges.back() + kNeighborhood && first + kNeighborhood <= n_channels) edges.push_back(first);
  edges.push_back(n_channels);
  return edges;
}

/// Of the channels [begin, end): the median over time of what is left when their common drift is taken off. Sources
/// drift through the beam, and the median of a slope is little better than one of its samples.
void set_levels(const PolPower& one, std::size_t begin, std::size_t end, float* levels) {
  std::vector<float> drift(one.n_times, 0.0f), values;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t k = begin; k < end; ++k)
      for (const bool all : {false, true}) {
        if (all && !values.empty()) continue;
        values.clear();
        for (std::size_t t = 0; t < one.n_times; ++t)
          if (one.good(t, k, all)) values.push_back(one.log_power(t, k) - drift[t]);
        levels[k] = median_of(values);
      }
    for (std::size_t t = 0; t < one.n_times && round == 0; ++t) {
      values.clear();
      for (std::size_t k = begin; k < end; ++k)
        if (one.good(t, k, false)) values.push_back(one.log_power(t, k) - levels[k]);
      drift[t] = median_of(values);
    }
  }
}

/// Indices at which a series rises above its surroundings by kThreshold sigma and `least` at least.
std::vector<std::size_t> rises(const std::vector<float>& values, const std::vector<std::uint8_t>& flags,
                               const std::vector<std::size_t>& first_of_part, std::size_t reach, double least) {
  std::vector<float> excess(values.size(), 0.0f), sizes;
  for (std::size_t part = 0; part < first_of_part.size(); ++part) {
    const std::size_t begin = first_of_part[part];
    const std::size_t end = part + 1 < first_of_part.size() ? first_of_part[part + 1] : values.size();
    for (std::size_t i = begin; i < end; ++i)
      if (!flags[i]) excess[i] = values[i] - local_median(values, flags, i, reach, begin, end);
  }
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!flags[i]) sizes.push_back(std::abs(excess[i]));
  const double limit = std::max(least, kThreshold * 1.4826 * median_of(sizes));
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!flags[i] && excess[i] > limit) found.push_back(i);
  return found;
}

/// What all channels [begin, end) do together from time to time is smooth, as sources drift through the beam, or is
/// interference: flags times at which they rise, and takes the smooth rest off.
void flag_rises_of_window(std::size_t begin, std::size_t end, NdView<const float, 2> outlying, NdView<float, 2> rest,
                          NdView<std::uint8_t, 2> found) {
  const std::size_t n_times = rest.shape(0);
  std::vector<float> offset(n_times, 0.0f), values;
  std::vector<std::uint8_t> no_data(n_times, 0);
  for (std::size_t t = 0; t < n_times; ++t) {
    values.clear();
    for (std::size_t k = begin; k < end; ++k)
      if (!found(t, k)) values.push_back(rest(t, k));
    no_data[t] = values.empty();
    offset[t] = median_of(values);
  }
  for (const std::size_t t : rises(offset, no_data, {0}, kNearTimes, kLeastRise)) {
    const double rise = offset[t] - local_median(offset, no_data, t, kNearTimes, 0, n_times);
    values.assign(&outlying(t, begin), &outlying(t, begin) + (end - begin));
    if (is_on_some(rise, median_of(values))) continue;
    for (std::size_t k = begin; k < end; ++k) found(t, k) = 1;
    no_data[t] = 1;
  }
  for (std::size_t t = 0; t < n_times; ++t) {
    // As many times on either side: the median of a one-sided slope is off.
    const std::size_t reach = std::min({kNearTimes, t, n_times - 1 - t});
    const float smooth = local_median(offset, no_data, t, reach, 0, n_times);
    for (std::size_t k = begin; k < end; ++k) rest(t, k) -= smooth;
  }
}

/// The rank operator window by window: interference of one has no say in another.
void extend_in_windows(const std::vector<std::size_t>& first_channel, NdView<std::uint8_t, 2> found) {
  const std::size_t n_times = found.shape(0), n_channels = found.shape(1);
  for (std::size_t w = 0; w < first_channel.size(); ++w) {
    const std::size_t begin = first_channel[w];
    const std::size_t end = w + 1 < first_channel.size() ? first_channel[w + 1] : n_channels;
    NdArray<std::uint8_t, 2> part({n_times, end - begin});
    for (std::size_t t = 0; t < n_times; ++t)
      std::copy(&found(t, begin), &found(t, begin) + (end - begin), &part(t, 0));
    extend_flags(part.view(), kFound, kEta);
    for (std::size_t t = 0; t < n_times; ++t) std::copy(&part(t, 0), &part(t, 0) + (end - begin), &found(t, begin));
  }
}

}  // namespace

NdArray<float, 2> channel_levels(const ArrayPower& power, NdView<const std::uint8_t, 3> interference,
                                 const std::vector<std::size_t>& window_first_channel) {
  const std::size_t n_pols = power.log_power.shape(0), n_channels = power.log_power.shape(2);
  NdArray<float, 2> levels({n_pols, n_channels});
  for (std::size_t p = 0; p < n_pols; ++p) {
    const PolPower one(power, interference, p);
    const auto edges = neighborhoods(window_first_channel, n_channels);
    for (std::size_t i = 0; i + 1 < edges.size(); ++i) set_levels(one, edges[i], edges[i + 1], &levels(p, 0));
  }
  return levels;
}

NdArray<std::uint8_t, 3> find_array_interference(const ArrayPower& power,
                                                 const std::vector<std::size_t>& window_first_channel) {
  const std::size_t n_pols = power.log_power.shape(0), n_times = power.log_power.shape(1),
                    n_channels = power.log_power.shape(2);
  NdArray<std::uint8_t, 3> flags({n_pols, n_times, n_channels});
  std::copy(power.absent.begin(), power.absent.end(), flags.begin());
  const NdArray<float, 2> levels = channel_levels(power, flags.view(), window_first_channel);
  NdArray<float, 2> rest({n_times, n_channels});
  for (std::size_t p = 0; p < n_pols; ++p) {
    const NdView<std::uint8_t, 2> found(&flags(p, 0, 0), {n_times, n_channels});
    const NdView<const float, 2> outlying(&power.outlying(p, 0, 0), {n_times, n_channels});
    std::vector<std::uint8_t> empty(n_channels, 0);
    std::vector<float> level(n_channels);
    for (std::size_t k = 0; k < n_channels; ++k) {
      level[k] = levels(p, k);
      empty[k] = 1;
      for (std::size_t t = 0; t < n_times; ++t) {
        if (!power.absent(p, t, k)) empty[k] = 0;
        rest(t, k) = power.log_power(p, t, k) - level[k];
      }
    }
    for (const std::size_t k : rises(level, empty, window_first_channel, kNeighbors, kLeastExcess))
      for (std::size_t t = 0; t < n_times; ++t) found(t, k) = 1;

    for (std::size_t w = 0; w < window_first_channel.size(); ++w) {
      const std::size_t begin = window_first_channel[w];
      const std::size_t end = w + 1 < window_first_channel.size() ? window_first_channel[w + 1] : n_channels;
      flag_rises_of_window(begin, end, outlying, rest.view(), found);
    }
    // The rest as on a baseline, less its surroundings: with few antennas the fringes of bright sources still show.
    BaselineAmplitudes array{NdArray<float, 2>({n_times, n_channels}), NdArray<std::uint8_t, 2>({n_times, n_channels})};
    std::copy(rest.begin(), rest.end(), array.values.begin());
    for (std::size_t i = 0; i < found.size(); ++i) array.flags.data()[i] = found.data()[i] ? kKnown : 0;
    flag_baseline(array, kFound, {kThreshold, 0, kLongestRun, kLeastSigma});
    const double margin = robust_level(rest.view(), array.flags.view()).sigma;
    for (std::size_t i = 0; i < found.size(); ++i) {
      const std::uint8_t flag = array.flags.data()[i];
      found.data()[i] = flag == kFound && is_on_some(rest.data()[i] + margin, outlying.data()[i]) ? 0 : flag;
    }
    extend_in_windows(window_first_channel, found);
  }
  for (std::size_t i = 0; i < flags.size(); ++i)
    if (power.absent.data()[i]) flags.data()[i] = 0;
  return flags;
}

}  // namespace contimg::calibration
