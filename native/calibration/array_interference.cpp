#include "calibration/array_interference.h"

#include <algorithm>
#include <cmath>

#include "calibration/baseline_interference.h"
#include "calibration/good_samples.h"
#include "calibration/series_rises.h"
#include "calibration/window_rises.h"

namespace contimg::calibration {
namespace {

constexpr double kThreshold = 6;           // sigma, of single cells
constexpr double kLevelThreshold = 5;      // likewise, of channels at all times: they are fewer
constexpr std::size_t kNeighbors = 7;      // channels to either side
constexpr double kLeastExcess = 0.1;       // of ln power: the band itself is not flatter
constexpr std::size_t kLongestRun = 2;     // longer ones are what windows as a whole rise by
constexpr double kLeastSigma = 0.015;      // of ln power
constexpr std::size_t kNeighborhood = 16;  // channels that drift alike
constexpr double kAlike = 1.3;             // of is_on_some
constexpr std::uint8_t kKnown = 5;         // no data, or a channel that is raised

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
        levels[k] = lower_median(values);
      }
    for (std::size_t t = 0; t < one.n_times && round == 0; ++t) {
      values.clear();
      for (std::size_t k = begin; k < end; ++k)
        if (one.good(t, k, false)) values.push_back(one.log_power(t, k) - levels[k]);
      drift[t] = lower_median(values);
    }
  }
}

/// By how much the level of each channel is above that of its neighbors in the window, where that is more than noise; 0
/// elsewhere.
std::vector<float> rises_of_channels(const std::vector<float>& level, const std::vector<std::uint8_t>& empty,
                                     const std::vector<Window>& windows) {
  Rises all;
  for (const auto& [begin, end] : windows) {
    const auto part = [first = static_cast<std::ptrdiff_t>(begin), last = static_cast<std::ptrdiff_t>(end)](
                          const auto& of) { return std::vector(of.begin() + first, of.begin() + last); };
    all.append(rises_above_neighbors(part(level), part(empty), kNeighbors, Surroundings::kLevel));
  }
  const double limit = kLevelThreshold * noise_of(all, empty);
  for (std::size_t k = 0; k < level.size(); ++k)
    if (!(all.excess[k] > std::max(kLeastExcess, limit * all.error[k]))) all.excess[k] = 0;
  return all.excess;
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

ArrayInterference find_array_interference(const ArrayPower& power,
                                          const std::vector<std::size_t>& window_first_channel) {
  const std::size_t n_pols = power.log_power.shape(0), n_times = power.log_power.shape(1),
                    n_channels = power.log_power.shape(2);
  ArrayInterference result{NdArray<std::uint8_t, 3>({n_pols, n_times, n_channels}),
                           NdArray<float, 2>({n_pols, n_channels})};
  const NdArray<float, 2> levels = channel_levels(power, power.absent.view(), window_first_channel);
  const std::vector<Window> windows = windows_of(window_first_channel, n_channels);
  for (std::size_t p = 0; p < n_pols; ++p) {
    std::vector<std::uint8_t> empty(n_channels, 0);
    for (std::size_t k = 0; k < n_channels; ++k) {
      empty[k] = 1;
      for (std::size_t t = 0; t < n_times; ++t)
        if (!power.absent(p, t, k)) empty[k] = 0;
    }
    const std::vector<float> rises =
        rises_of_channels(std::vector(&levels(p, 0), &levels(p, 0) + n_channels), empty, windows);
    std::copy(rises.begin(), rises.end(), &result.raised(p, 0));
    BaselineAmplitudes array{NdArray<float, 2>({n_times, n_channels}), NdArray<std::uint8_t, 2>({n_times, n_channels})};
    for (std::size_t t = 0; t < n_times; ++t)
      for (std::size_t k = 0; k < n_channels; ++k) {
        array.values(t, k) = power.log_power(p, t, k) - levels(p, k);
        array.flags(t, k) = power.absent(p, t, k) || rises[k] > 0 ? kKnown : 0;
      }
    const NdView<const float, 2> outlying(&power.outlying(p, 0, 0), {n_times, n_channels});
    flag_rises_of_windows(windows, outlying, kRisenWindow, array.values.view(), array.flags.view());
    // The rest as on a baseline, less its surroundings: with few antennas the fringes of bright sources still show.
    flag_baseline(array, kRisenCell, {kThreshold, 0, kLongestRun, true, kLeastSigma});
    const double margin = robust_level(array.values.view(), array.flags.view()).sigma;
    for (std::size_t t = 0; t < n_times; ++t)
      for (std::size_t k = 0; k < n_channels; ++k) {
        std::uint8_t flag = array.flags(t, k);
        if (flag == kRisenCell && is_on_some(array.values(t, k) + margin, outlying(t, k), kAlike)) flag = kOnSome;
        result.cells(p, t, k) = flag == kKnown ? 0 : flag;
      }
  }
  return result;
}

}  // namespace contimg::calibration
