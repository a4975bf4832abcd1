#include "calibration/window_rises.h"

#include <algorithm>
#include <cmath>

#include "calibration/array_power.h"
#include "calibration/series_rises.h"

namespace contimg::calibration {
namespace {

constexpr double kThreshold = 5;         // sigma: there are few windows and times
constexpr std::size_t kMostWindows = 8;  // neighbors that are looked at together
constexpr std::size_t kNearTimes = 3;    // integrations to either side
constexpr double kLeastRise = 0.15;      // of ln power: sources drift
constexpr double kLeastNoise = 0.015;    // likewise
// Of is_on_some: what some baselines have fills a window of few channels, and seldom one of many.
constexpr std::size_t kFewChannels = 6;  // less than that
constexpr double kAlikeOfFew = 1.8, kAlikeOfMany = 1.1;
constexpr std::uint8_t kManyWindows = 4;  // that rise together: what some have is seldom as wide
constexpr double kLeastShare = 0.6;       // of the mean of a run: what has less at its ends is no part of it

/// What the channels of a window do together from time to time: smooth, as sources drift through the beam, or
/// interference.
struct WindowSeries {
  WindowSeries(Window window, NdView<const float, 2> rest, NdView<const std::uint8_t, 2> flags)
      : window(window), offset(rest.shape(0), 0.0f), no_data(rest.shape(0), 0) {
    std::vector<float> values;
    for (std::size_t t = 0; t < offset.size(); ++t) {
      values.clear();
      for (std::size_t k = window.begin; k < window.end; ++k)
        if (!flags(t, k)) values.push_back(rest(t, k));
      no_data[t] = values.empty();
      offset[t] = lower_median(values);
    }
    rises = rises_above_neighbors(offset, no_data, kNearTimes, Surroundings::kLine);
  }
  /// Median of the good times around, as many on either side: that of a one-sided slope is off.
  float smooth(std::size_t t) const {
    const std::size_t reach = std::min({kNearTimes, t, offset.size() - 1 - t});
    std::vector<float> near;
    for (std::size_t i = t - reach; i <= t + reach; ++i)
      if (!no_data[i]) near.push_back(offset[i]);
    return near.empty() ? offset[t] : lower_median(near);
  }
  /// In sigma.
  double significance(std::size_t t) const { return rises.excess[t] / (rises.error[t] * noise); }

  Window window;
  std::vector<float> offset;  ///< per time, the median of the channels
  std::vector<std::uint8_t> no_data;
  Rises rises;
  double noise = 0;
};

/// All windows, with the noise of each. There are few times in one: it is no less than that of all together.
std::vector<WindowSeries> series_of(const std::vector<Window>& windows, NdView<const float, 2> rest,
                                    NdView<const std::uint8_t, 2> flags) {
  std::vector<WindowSeries> series;
  Rises all;
  std::vector<std::uint8_t> none;
  for (const Window& window : windows) {
    const WindowSeries& one = series.emplace_back(window, rest, flags);
    all.append(one.rises);
    none.insert(none.end(), one.no_data.begin(), one.no_data.end());
  }
  const double noise = noise_of(all, none);
  for (WindowSeries& one : series) one.noise = std::max({noise, noise_of(one.rises, one.no_data), kLeastNoise});
  return series;
}

/// Neighboring windows [begin, end) at a time.
struct Run {
  std::size_t begin, end;
  double sigmas = 0, rise = 0, good = 0;  ///< sums over those that are not known to rise

  double significance() const { return good > 0 ? sigmas / std::sqrt(good) : 0; }
  bool rises() const { return significance() > kThreshold && rise > kLeastRise * good; }
};

Run run_of(const std::vector<WindowSeries>& series, const std::vector<std::uint8_t>& rising, std::size_t t,
           std::size_t begin, std::size_t end) {
  Run run{begin, end};
  for (std::size_t w = begin; w < end; ++w) {
    if (rising[w] || series[w].no_data[t]) continue;
    run.sigmas += series[w].significance(t);
    run.rise += series[w].rises.excess[t];
    ++run.good;
  }
  return run;
}

/// Windows that rise at a time: how many together, alone or with neighbors; or 0. Of runs that overlap the most
/// significant counts, so that it carries none along that is beside it.
std::vector<std::uint8_t> rising_windows(const std::vector<WindowSeries>& series, std::size_t t) {
  const std::size_t n = series.size();
  std::vector<std::uint8_t> rising(n, 0);
  for (std::size_t length = 1; length <= std::min(n, kMostWindows);) {
    Run best{0, 0};
    for (std::size_t begin = 0; begin + length <= n; ++begin) {
      const Run run = run_of(series, rising, t, begin, begin + length);
      if (run.rises() && run.significance() > best.significance()) best = run;
    }
    if (best.good == 0) {
      length *= 2;
      continue;
    }
    const double least = kLeastShare * best.sigmas / best.good;
    while (series[best.begin].significance(t) < least) ++best.begin;
    while (series[best.end - 1].significance(t) < least) --best.end;
    for (std::size_t w = best.begin; w < best.end; ++w) rising[w] = static_cast<std::uint8_t>(best.end - best.begin);
  }
  return rising;
}

}  // namespace

std::vector<Window> windows_of(const std::vector<std::size_t>& first_channel, std::size_t n_channels) {
  std::vector<Window> windows;
  for (std::size_t w = 0; w < first_channel.size(); ++w)
    windows.push_back({first_channel[w], w + 1 < first_channel.size() ? first_channel[w + 1] : n_channels});
  return windows;
}

void flag_rises_of_windows(const std::vector<Window>& windows, NdView<const float, 2> outlying, std::uint8_t mark,
                           NdView<float, 2> rest, NdView<std::uint8_t, 2> flags) {
  const std::size_t n_times = rest.shape(0);
  std::vector<WindowSeries> series = series_of(windows, rest, flags);
  for (std::size_t t = 0; t < n_times; ++t) {
    const std::vector<std::uint8_t> rising = rising_windows(series, t);
    for (std::size_t w = 0; w < series.size(); ++w) {
      const auto [begin, end] = series[w].window;
      if (!rising[w] || series[w].no_data[t]) continue;
      std::vector<float> parts(&outlying(t, begin), &outlying(t, begin) + (end - begin));
      const double margin = series[w].noise * series[w].rises.error[t];
      const double alike = end - begin < kFewChannels ? kAlikeOfFew : kAlikeOfMany;
      if (rising[w] < kManyWindows && is_on_some(series[w].rises.excess[t] + margin, lower_median(parts), alike))
        continue;
      for (std::size_t k = begin; k < end; ++k)
        if (flags(t, k) == 0) flags(t, k) = mark;
      series[w].no_data[t] = 1;
    }
  }
  for (const WindowSeries& one : series)
    for (std::size_t t = 0; t < n_times; ++t) {
      const float smooth = one.smooth(t);
      for (std::size_t k = one.window.begin; k < one.window.end; ++k) rest(t, k) -= smooth;
    }
}

}  // namespace contimg::calibration
