#include "mosaic/radial_beam.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/airy.h"
#include "core/error.h"

namespace contimg::mosaic {
namespace {

constexpr double kLargestSine = 0.866;  // of 60 degrees

}  // namespace

RadialBeam::RadialBeam(std::vector<float> power, double step_sin_squared, const std::vector<Direction>& pointings)
    : power_(std::move(power)), step_(step_sin_squared) {
  if (power_.size() < 2 || !(step_ > 0) || pointings.empty())
    throw Error(code::kInvalidArgument, "Expected a primary beam with at least two values and a pointing");
  for (const Direction& pointing : pointings) pointings_.push_back(unit_vector(pointing));
}

RadialBeam RadialBeam::airy(double diameter_m, const std::vector<double>& freq_hz, const std::vector<double>& weights,
                            const std::vector<Direction>& pointings) {
  double total = 0;
  for (double weight : weights) total += weight;
  if (!(diameter_m > 0) || freq_hz.empty() || freq_hz.size() != weights.size() || !(total > 0))
    throw Error(code::kInvalidArgument, "Expected a dish diameter and frequencies with weights for a primary beam");
  // In sin^2 the beam is smooth; 256 steps to its first null (x = 3.83) leave an error of 1e-5 between them.
  const double highest = *std::max_element(freq_hz.begin(), freq_hz.end());
  const double null = std::min(kLargestSine, 3.83 * kSpeedOfLight / (kPi * diameter_m * highest));
  const double step = null * null / 256;
  std::vector<float> power(static_cast<std::size_t>(kLargestSine * kLargestSine / step) + 2);
  for (std::size_t i = 0; i < power.size(); ++i) {
    double sum = 0;
    for (std::size_t f = 0; f < freq_hz.size(); ++f)
      sum += weights[f] * airy_power(std::sqrt(static_cast<double>(i) * step), diameter_m, freq_hz[f]);
    power[i] = static_cast<float>(sum / total);
  }
  return {std::move(power), step, pointings};
}

RadialBeam RadialBeam::tabulated(const std::vector<double>& angle_rad, const std::vector<double>& power,
                                 const std::vector<Direction>& pointings) {
  const std::size_t n = angle_rad.size();
  bool ascends = n >= 2 && n == power.size() && angle_rad[0] == 0 && angle_rad[n - 1] <= kPi / 2;
  for (std::size_t i = 1; ascends && i < n; ++i) ascends = angle_rad[i] > angle_rad[i - 1];
  if (!ascends)
    throw Error(code::kInvalidArgument,
                "Expected the angles of a primary beam to ascend from 0 to at most 90 degrees, with a response each");
  constexpr std::size_t kSteps = 8192;
  const double last = std::sin(angle_rad[n - 1]), step = last * last / kSteps;
  std::vector<float> table(kSteps + 1);
  std::size_t i = 0;
  for (std::size_t k = 0; k <= kSteps; ++k) {
    const double s2 = std::min(static_cast<double>(k) * step, last * last);
    const auto squared = [&](std::size_t at) { return std::sin(angle_rad[at]) * std::sin(angle_rad[at]); };
    while (i + 2 < n && squared(i + 1) < s2) ++i;
    const double t = (s2 - squared(i)) / (squared(i + 1) - squared(i));
    table[k] = static_cast<float>(power[i] + t * (power[i + 1] - power[i]));
  }
  return {std::move(table), step, pointings};
}

double RadialBeam::operator()(const Vec3& direction) const {
  double sum = 0;
  for (const Vec3& pointing : pointings_) {
    if (!(dot(direction, pointing) > 0)) continue;
    const Vec3 across = cross(direction, pointing);
    const double position = dot(across, across) / step_;
    const auto i = static_cast<std::size_t>(position);
    if (i + 1 >= power_.size()) continue;
    const double t = position - static_cast<double>(i);
    sum += power_[i] + t * (power_[i + 1] - power_[i]);
  }
  return sum / static_cast<double>(pointings_.size());
}

}  // namespace contimg::mosaic
