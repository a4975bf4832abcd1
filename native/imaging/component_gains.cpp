#include "imaging/component_gains.h"

#include <algorithm>
#include <cmath>

#include "core/airy_table.h"
#include "core/constants.h"

namespace contimg::imaging {
ComponentGains::ComponentGains(const TileResponse& response) : response_(response) {
  for (const double freq : response.freq_hz)
    spectrum_.push_back(static_cast<float>(std::pow(freq / response.freq_hz[0], response.spectral_index)));
}

double ComponentGains::fill_response(const Component& component, float* gains) const {
  static const AiryTable airy;
  const std::size_t n_times = response_.pointing.size(), n_channels = response_.freq_hz.size();
  const Vec3 source = unit_vector_of(component, response_.center);
  std::vector<float> spectrum = spectrum_;
  if (component.index != 0)
    for (std::size_t k = 0; k < n_channels; ++k)
      spectrum[k] *= static_cast<float>(std::pow(response_.freq_hz[k] / response_.freq_hz[0], component.index));
  double sum = 0, sum_of_weights = 0;
  for (std::size_t t = 0; t < n_times; ++t) {
    const Vec3 across = cross(source, unit_vector(response_.pointing[t]));
    const double scale = kPi * response_.dish_diameter_m * response_.aberration / kSpeedOfLight;
    const double x_squared_per_hz2 = dot(across, across) * scale * scale;
    for (std::size_t k = 0; k < n_channels; ++k) {
      const double freq = response_.freq_hz[k];
      const float gain = airy(x_squared_per_hz2 * freq * freq) * spectrum[k];
      gains[t * n_channels + k] = gain;
      const double weight = response_.integration_weights[t] * response_.channel_weights[k];
      sum += weight * gain;
      sum_of_weights += weight;
    }
  }
  return sum / sum_of_weights;
}

void ComponentGains::fill(const Component& component, float* gains) const {
  const double mean = fill_response(component, gains);
  // Where the beam is nothing at all, a component is as good as constant.
  constexpr double kNoBeam = 1e-6;
  const std::size_t n = response_.pointing.size() * response_.freq_hz.size();
  for (std::size_t i = 0; i < n; ++i) gains[i] = static_cast<float>(mean > kNoBeam ? gains[i] / mean : 1);
  const std::vector<float> spectrum = flux_by_channel(component, gains);
  for (std::size_t i = 0; i < n; ++i) gains[i] *= spectrum[i % spectrum.size()];
}

std::vector<float> ComponentGains::flux_by_channel(const Component& component, const float* gains) const {
  const std::size_t n_times = response_.pointing.size(), n_channels = response_.freq_hz.size();
  std::vector<float> flux(n_channels, static_cast<float>(component.flux_jy));
  for (std::size_t term = 0; term < response_.band_terms.size(); ++term) {
    const float coefficient = component.term_jy[term];
    if (coefficient == 0) continue;
    const std::vector<float>& values = response_.band_terms[term];
    double sum = 0, sum_of_weights = 0;
    for (std::size_t t = 0; t < n_times; ++t)
      for (std::size_t k = 0; k < n_channels; ++k) {
        const double weight = response_.integration_weights[t] * response_.channel_weights[k];
        sum += weight * gains[t * n_channels + k] * values[k];
        sum_of_weights += weight;
      }
    const float mean = static_cast<float>(sum / sum_of_weights);
    for (std::size_t k = 0; k < n_channels; ++k) flux[k] += coefficient * (values[k] - mean);
  }
  return flux;
}

double ComponentGains::mean_response(const Component& component, double freq_hz) const {
  std::vector<float> gains(response_.pointing.size() * response_.freq_hz.size());
  const double index = response_.spectral_index + component.index;
  return fill_response(component, gains.data()) * std::pow(response_.freq_hz[0] / freq_hz, index);
}

}  // namespace contimg::imaging
