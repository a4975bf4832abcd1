#include "calibration/series_rises.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace contimg::calibration {
namespace {

struct Rise {
  float excess, error;
};

Rise rise_above_level(const std::vector<float>& values, std::size_t at, const std::vector<std::size_t>& near) {
  std::vector<float> others;
  for (const std::size_t i : near) others.push_back(values[i]);
  return {values[at] - lower_median(others), std::sqrt(1 + 1 / static_cast<float>(near.size()))};
}

/// The line of Theil and Sen: the median slope of all pairs, and the median of what it leaves.
Rise rise_above_line(const std::vector<float>& values, std::size_t at, const std::vector<std::size_t>& near) {
  std::vector<float> slopes, rests;
  double middle = 0, spread = 0;
  const auto place = [at](std::size_t i) { return static_cast<double>(i) - static_cast<double>(at); };
  for (const std::size_t i : near) {
    middle += place(i) / static_cast<double>(near.size());
    for (const std::size_t k : near)
      if (k > i) slopes.push_back((values[k] - values[i]) / static_cast<float>(place(k) - place(i)));
  }
  const float slope = lower_median(slopes);
  for (const std::size_t i : near) {
    rests.push_back(values[i] - slope * static_cast<float>(place(i)));
    spread += (place(i) - middle) * (place(i) - middle);
  }
  // A line is less certain beyond the neighbors than among them.
  const double variance = 1 + 1 / static_cast<double>(near.size()) + middle * middle / spread;
  return {values[at] - lower_median(rests), static_cast<float>(std::sqrt(variance))};
}

}  // namespace

std::vector<std::size_t> nearest_good(std::size_t at, const std::vector<std::uint8_t>& flags, std::size_t farthest,
                                      std::size_t most) {
  std::vector<std::size_t> near;
  for (std::size_t away = 1; away <= farthest && near.size() < most; ++away) {
    if (at >= away && !flags[at - away]) near.push_back(at - away);
    if (at + away < flags.size() && !flags[at + away]) near.push_back(at + away);
  }
  return near;
}

float lower_median(std::vector<float>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void Rises::append(const Rises& others) {
  excess.insert(excess.end(), others.excess.begin(), others.excess.end());
  error.insert(error.end(), others.error.begin(), others.error.end());
}

Rises rises_above_neighbors(const std::vector<float>& values, const std::vector<std::uint8_t>& flags, std::size_t reach,
                            Surroundings surroundings) {
  Rises rises{std::vector<float>(values.size(), 0.0f),
              std::vector<float>(values.size(), std::numeric_limits<float>::infinity())};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (flags[i]) continue;
    const std::size_t farthest = surroundings == Surroundings::kLine ? 2 * reach : reach;
    const std::vector<std::size_t> near = nearest_good(i, flags, farthest, 2 * reach);
    if (near.empty()) continue;
    const bool line = surroundings == Surroundings::kLine && near.size() > 2;
    const Rise rise = line ? rise_above_line(values, i, near) : rise_above_level(values, i, near);
    rises.excess[i] = rise.excess;
    rises.error[i] = rise.error;
  }
  return rises;
}

double noise_of(const Rises& rises, const std::vector<std::uint8_t>& flags) {
  std::vector<float> sizes;
  for (std::size_t i = 0; i < flags.size(); ++i)
    if (!flags[i] && std::isfinite(rises.error[i])) sizes.push_back(std::abs(rises.excess[i]) / rises.error[i]);
  return 1.4826 * lower_median(sizes);
}

}  // namespace contimg::calibration
