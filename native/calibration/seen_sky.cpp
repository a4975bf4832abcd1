#include "calibration/seen_sky.h"

#include <algorithm>
#include <cmath>

#include "coordinates/apparent.h"
#include "coordinates/earth_rotation.h"
#include "core/airy_table.h"
#include "core/parallel.h"

namespace contimg::calibration {
namespace {

constexpr double kGaussianReach = 2;  // full widths at half maximum, beyond which a Gaussian is nothing
constexpr double kSteepest = 10;      // a spectrum of nu^10 winds less than a delay of this many radians at nu

}  // namespace

RowRange rows_of(const Observation& observation, TimeRange times) {
  const auto& index = observation.time_index;
  const auto row_of = [&](std::size_t time) {
    return static_cast<std::size_t>(std::lower_bound(index.begin(), index.end(), time) - index.begin());
  };
  return {row_of(times.first), row_of(times.end) - row_of(times.first)};
}

SeenSky::SeenSky(const Observation& observation, const SkyModel& model, TimeRange times, unsigned threads,
                 const JobContext& context)
    : observation_(observation),
      model_(model),
      times_(times),
      dish_m_(observation.antennas.empty() ? 0 : observation.antennas.front().diameter_m) {
  const auto& freq_hz = observation.freq_hz;
  spectrum_s_ = freq_hz.empty() ? 0 : kSteepest / (2 * kPi * *std::min_element(freq_hz.begin(), freq_hz.end()));
  places_.resize(times.size() * n_components());
  extents_.resize(times.size());
  parallel_for(times.size(), threads, [&](std::size_t i) {
    context.checkpoint();
    look(times.first + i);
  });
}

void SeenSky::look(std::size_t time) {
  const Observation& o = observation_;
  const auto seen = [&](const Direction& direction) {
    return apparent_itrf(direction, o.time_mjd_s[time], o.site, o.earth_orientation);
  };
  const Vec3 center = seen(o.phase_center[time]), pointing = seen(o.pointing[time]);
  Extent extent{center, 0, 0, 0};
  for (std::size_t i = 0; i < n_components(); ++i) {
    const SkyComponent& component = model_.components[i];
    const Vec3 source = seen(component.direction), offset = source - center;
    // The sky turns westwards about the pole: ds/dt = -omega pole x s.
    const Vec3 turning = kEarthRotationRate * Vec3{offset.y, -offset.x, 0};
    const double from_pointing = norm(cross(source, pointing));
    places_[(time - times_.first) * n_components() + i] = {(1 / kSpeedOfLight) * offset, (1 / kSpeedOfLight) * turning,
                                                           from_pointing, dot(source, pointing) > 0};
    // Smearing in time adds half an integration's turn of the sky.
    const double radius = kGaussianReach * component.major_rad,
                 smear = 0.5 * kEarthRotationRate * o.integration_s[time], across = norm(cross(offset, center)),
                 along = std::abs(dot(offset, center));
    extent.across = std::max(extent.across, (across + radius + smear * norm(offset)) / kSpeedOfLight);
    extent.along = std::max(extent.along, (along + radius * across + smear * norm(offset)) / kSpeedOfLight);
    // The power pattern is the transform of the dish's autocorrelation, which ends at its diameter.
    if (model_.primary_beam) extent.beam_s = std::max(extent.beam_s, dish_m_ * from_pointing / kSpeedOfLight);
  }
  extents_[time - times_.first] = extent;
}

void SeenSky::apply_beam(std::size_t time, std::size_t component, const double* freq_hz, std::size_t n,
                         float* fluxes) const {
  static const AiryTable airy;
  if (!model_.primary_beam) return;
  const Place& seen = place(time, component);
  if (!seen.in_front) return std::fill_n(fluxes, n, 0.0f), void();
  const double x_per_hz = kPi * dish_m_ * seen.sin_from_pointing / kSpeedOfLight;
  for (std::size_t k = 0; k < n; ++k) {
    const double x = x_per_hz * freq_hz[k];
    fluxes[k] *= airy(x * x);
  }
}

SeenPoints SeenSky::points(const std::vector<std::size_t>& components) const {
  SeenPoints result;
  result.first_time = times_.first;
  for (std::size_t time = times_.first; time < times_.end; ++time) {
    result.centers.push_back(extents_[time - times_.first].center);
    std::vector<Vec3>& places = result.places.emplace_back();
    for (const std::size_t component : components)
      places.push_back(result.centers.back() + kSpeedOfLight * place(time, component).delay_s_per_m);
  }
  result.fluxes = [this, components](std::size_t time, std::size_t point, const double* freq_hz, std::size_t n,
                                     float* fluxes_jy) {
    for (std::size_t k = 0; k < n; ++k)
      fluxes_jy[k] = static_cast<float>(flux_at(model_.components[components[point]], freq_hz[k]));
    apply_beam(time, components[point], freq_hz, n, fluxes_jy);
  };
  return result;
}

double SeenSky::longest_delay_s(std::size_t time, const Vec3& baseline_m) const {
  const Extent& extent = extents_[time - times_.first];
  const double w = std::abs(dot(baseline_m, extent.center)), uv = norm(cross(baseline_m, extent.center));
  return uv * extent.across + w * extent.along + extent.beam_s + spectrum_s_;
}

}  // namespace contimg::calibration
