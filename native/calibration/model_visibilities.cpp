// Per integration and component, once: the apparent direction s against the phase center s0, as a delay per metre of
// baseline, and the flux in every channel through the primary beam. Per row: the fringe exp(-2 pi i nu b.(s - s0)/c),
// span by span of even channels (core/fringe.h), times that flux; for Gaussians and with smearing times an attenuation
// channel by channel.
#include "calibration/model_visibilities.h"

#include <algorithm>
#include <cmath>

#include "coordinates/apparent.h"
#include "coordinates/earth_rotation.h"
#include "core/airy.h"
#include "core/error.h"
#include "core/parallel.h"

namespace contimg::calibration {
namespace {

double sinc(double x) { return std::abs(x) < 1e-6 ? 1.0 : std::sin(x) / x; }

/// exp(-gaussian nu^2) is the visibility of a Gaussian of 1 Jy on a baseline.
double gaussian_per_hz2(const SkyComponent& component, const Vec3& uvw_m) {
  const double s = std::sin(component.position_angle_rad), c = std::cos(component.position_angle_rad);
  const double along = (uvw_m.x * s + uvw_m.y * c) * component.major_rad;
  const double across = (uvw_m.x * c - uvw_m.y * s) * component.minor_rad;
  return kPi * kPi / (4 * std::log(2.0)) * (along * along + across * across) / (kSpeedOfLight * kSpeedOfLight);
}

}  // namespace

ModelVisibilities::ModelVisibilities(const Observation& observation, const SkyModel& model, unsigned threads,
                                     const JobContext& context)
    : observation_(observation), model_(model) {
  const std::size_t n_times = observation.time_mjd_s.size(), n_components = model.components.size();
  if (n_components == 0)
    throw Error(code::kInvalidArgument, "Expected a sky model of at least one source but received none");
  places_.resize(n_times * n_components);
  fluxes_jy_ = NdArray<float, 3>::uninitialized({n_times, n_components, observation.n_channels()});
  parallel_for(n_times, threads, [&](std::size_t time) {
    context.checkpoint();
    fill_fluxes(time);
  });
}

void ModelVisibilities::fill_fluxes(std::size_t time) {
  const Observation& o = observation_;
  const auto seen = [&](const Direction& direction) {
    return apparent_itrf(direction, o.time_mjd_s[time], o.site, o.earth_orientation);
  };
  const Vec3 center = seen(o.phase_center[time]), pointing = seen(o.pointing[time]);
  const double dish_m = o.antennas.empty() ? 0 : o.antennas.front().diameter_m;
  for (std::size_t i = 0; i < model_.components.size(); ++i) {
    const SkyComponent& component = model_.components[i];
    const Vec3 source = seen(component.direction), offset = source - center;
    // The sky turns westwards about the pole: ds/dt = -omega pole x s.
    const Vec3 turning = kEarthRotationRate * Vec3{offset.y, -offset.x, 0};
    places_[time * model_.components.size() + i] = {(1 / kSpeedOfLight) * offset, (1 / kSpeedOfLight) * turning};
    const double sin_angle = norm(cross(source, pointing));
    const bool in_front = dot(source, pointing) > 0;
    for (std::size_t k = 0; k < o.n_channels(); ++k) {
      const double beam = !model_.primary_beam ? 1 : in_front ? airy_power(sin_angle, dish_m, o.freq_hz[k]) : 0;
      fluxes_jy_(time, i, k) = static_cast<float>(beam * flux_at(component, o.freq_hz[k]));
    }
  }
}

ModelVisibilities::Channels ModelVisibilities::channels(std::size_t first, std::size_t count) const {
  const auto begin = observation_.freq_hz.begin() + static_cast<std::ptrdiff_t>(first);
  return {first, count, runs_of({begin, begin + static_cast<std::ptrdiff_t>(count)})};
}

void ModelVisibilities::predict(std::size_t row, const Channels& channels, std::complex<float>* out) const {
  const Observation& o = observation_;
  const std::size_t time = o.time_index[row], n_components = model_.components.size();
  const Vec3 baseline = o.antennas[o.antenna2[row]].position_m - o.antennas[o.antenna1[row]].position_m;
  thread_local std::vector<float> re, im, gains;
  re.assign(channels.count, 0.0f);
  im.assign(channels.count, 0.0f);
  for (std::size_t i = 0; i < n_components; ++i) {
    const SkyComponent& component = model_.components[i];
    const Place& place = places_[time * n_components + i];
    const float* flux = &fluxes_jy_(time, i, channels.first);
    if (component.extended() || model_.smearing) {
      gains.assign(flux, flux + channels.count);
      attenuate(row, component, place, baseline, channels, gains.data());
      flux = gains.data();
    }
    add_fringe(flux, -dot(baseline, place.delay_s_per_m), channels.runs, re.data(), im.data());
  }
  for (std::size_t k = 0; k < channels.count; ++k) out[k] = {re[k], im[k]};
}

void ModelVisibilities::attenuate(std::size_t row, const SkyComponent& component, const Place& place,
                                  const Vec3& baseline_m, const Channels& channels, float* gains) const {
  const Observation& o = observation_;
  const double gaussian = component.extended() ? gaussian_per_hz2(component, o.uvw_m[row]) : 0;
  const double delay_s = dot(baseline_m, place.delay_s_per_m), rate = dot(baseline_m, place.rate_per_m);
  const double seconds = o.integration_s[o.time_index[row]];
  for (std::size_t k = 0; k < channels.count; ++k) {
    const std::size_t channel = channels.first + k;
    const double freq = o.freq_hz[channel];
    double kept = std::exp(-gaussian * freq * freq);
    if (model_.smearing) kept *= sinc(kPi * o.channel_width_hz[channel] * delay_s) * sinc(kPi * freq * rate * seconds);
    gains[k] *= static_cast<float>(kept);
  }
}

}  // namespace contimg::calibration
