#include "imaging/component_gains.h"

#include <algorithm>
#include <cmath>

#include "core/airy.h"
#include "core/constants.h"

namespace contimg::imaging {
namespace {

/// The Airy power pattern against x^2, x = pi D sin(theta) nu / c, in which it is smooth: linear steps, good to 1e-6.
class AiryTable {
 public:
  AiryTable() {
    for (std::size_t i = 0; i < kPoints; ++i) {
      const double x = std::sqrt(static_cast<double>(i) * kStep);
      table_[i] = static_cast<float>(airy_power(x * kSpeedOfLight / kPi, 1.0, 1.0));
    }
  }
  float operator()(double x_squared) const {
    const double position = x_squared / kStep;
    if (!(position < kPoints - 1)) return table_[kPoints - 1];
    const auto i = static_cast<std::size_t>(position);
    return table_[i] + static_cast<float>(position - static_cast<double>(i)) * (table_[i + 1] - table_[i]);
  }

 private:
  static constexpr std::size_t kPoints = 8193;
  static constexpr double kStep = 103.5 / (kPoints - 1);  // to the third null; 0 beyond
  float table_[kPoints];
};

}  // namespace

ComponentGains::ComponentGains(const TileResponse& response) : response_(response) {
  for (const double freq : response.freq_hz)
    spectrum_.push_back(static_cast<float>(std::pow(freq / response.freq_hz[0], response.spectral_index)));
}

void ComponentGains::fill(const Component& component, float* gains) const {
  static const AiryTable airy;
  const std::size_t n_times = response_.pointing.size(), n_channels = response_.freq_hz.size();
  const Vec3 center = unit_vector(response_.center);
  const Vec3 east{-std::sin(response_.center.ra_rad), std::cos(response_.center.ra_rad), 0},
      north = cross(center, east);
  const double n = std::sqrt(std::max(0.0, 1 - component.l * component.l - component.m * component.m));
  const Vec3 source = component.l * east + component.m * north + n * center;
  double sum = 0, sum_of_weights = 0;
  for (std::size_t t = 0; t < n_times; ++t) {
    const Vec3 across = cross(source, unit_vector(response_.pointing[t]));
    const double scale = kPi * response_.dish_diameter_m / kSpeedOfLight;
    const double x_squared_per_hz2 = dot(across, across) * scale * scale;
    for (std::size_t k = 0; k < n_channels; ++k) {
      const double freq = response_.freq_hz[k];
      const float gain = airy(x_squared_per_hz2 * freq * freq) * spectrum_[k];
      gains[t * n_channels + k] = gain;
      const double weight = response_.integration_weights[t] * response_.channel_weights[k];
      sum += weight * gain;
      sum_of_weights += weight;
    }
  }
  // Where the beam is nothing at all, a component is as good as constant.
  const double mean = sum / sum_of_weights;
  constexpr double kNoBeam = 1e-6;
  for (std::size_t i = 0; i < n_times * n_channels; ++i)
    gains[i] = static_cast<float>(mean > kNoBeam ? component.flux_jy / mean * gains[i] : component.flux_jy);
}

}  // namespace contimg::imaging
