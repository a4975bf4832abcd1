#include "calibration/raised_channels.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace contimg::calibration {
namespace {

constexpr std::size_t kReferences = 4;  // channels, the nearest
constexpr double kAlike = 0.55;         // of the mean difference

std::vector<std::size_t> references_of(std::size_t channel, const std::vector<std::uint8_t>& raised) {
  std::vector<std::size_t> near;
  for (std::size_t away = 1; away < raised.size() && near.size() < kReferences; ++away) {
    if (channel >= away && !raised[channel - away]) near.push_back(channel - away);
    if (channel + away < raised.size() && !raised[channel + away]) near.push_back(channel + away);
  }
  return near;
}

/// Mean over time of ln power; NaN without any.
double mean_log_power(const WindowAmplitudes& window, std::size_t baseline, std::size_t pol, std::size_t channel) {
  double sum = 0;
  std::size_t n = 0;
  for (std::size_t t = 0; t < window.values.shape(2); ++t) {
    const float amplitude = window.values(baseline, pol, t, channel);
    if (amplitude > 0) sum += 2 * std::log(amplitude), ++n;
  }
  return n > 0 ? sum / static_cast<double>(n) : std::nan("");
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double lower_quartile(std::vector<double>& values) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 4);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

bool is_on_all(const WindowAmplitudes& window, std::size_t pol, std::size_t channel,
               const std::vector<std::uint8_t>& raised, const std::vector<std::size_t>& baselines) {
  const std::vector<std::size_t> references = references_of(channel, raised);
  const auto m = static_cast<double>(references.size());
  if (m < 2) return true;
  std::vector<double> differences, normal;
  for (const std::size_t baseline : baselines) {
    std::vector<double> logs;
    for (const std::size_t k : references) logs.push_back(mean_log_power(window, baseline, pol, k));
    const double own = mean_log_power(window, baseline, pol, channel), sum = mean_of(logs) * m;
    if (!std::isfinite(own + sum)) continue;
    differences.push_back(own - sum / m);
    // As uncertain as the difference: a mean of one channel less is by little more so.
    for (const double log : logs) normal.push_back((log - sum / m) * std::sqrt((m + 1) / (m - 1)));
  }
  if (differences.empty()) return true;
  const double rise = mean_of(differences);
  return lower_quartile(differences) - lower_quartile(normal) > kAlike * rise;
}

}  // namespace contimg::calibration
