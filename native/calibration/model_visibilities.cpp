// Per integration and component, once: the apparent direction s against the phase center s0, as a delay per metre of
// baseline, and the flux in every channel through the primary beam. What a point gives on a baseline,
// exp(-2 pi i nu b.(s - s0)/c), is a product of phasors of its antennas (antenna_phasors.h). Gaussians, and everything
// with smearing, fade with the baseline and are added row by row, span by span of even channels (core/fringe.h).
#include "calibration/model_visibilities.h"

#include <algorithm>
#include <cmath>

#include "calibration/antenna_phasors.h"
#include "coordinates/apparent.h"
#include "coordinates/earth_rotation.h"
#include "core/airy.h"
#include "core/error.h"
#include "core/parallel.h"

namespace contimg::calibration {
namespace {

constexpr std::size_t kRowsPerTask = 128;
constexpr std::size_t kPhasorFloats = 1 << 18;  // of all antennas: they stay in the second-level cache

double sinc(double x) { return std::abs(x) < 1e-6 ? 1.0 : std::sin(x) / x; }

/// exp(-gaussian nu^2) is the visibility of a Gaussian of 1 Jy on a baseline.
double gaussian_per_hz2(const SkyComponent& component, const Vec3& uvw_m) {
  const double s = std::sin(component.position_angle_rad), c = std::cos(component.position_angle_rad);
  const double along = (uvw_m.x * s + uvw_m.y * c) * component.major_rad;
  const double across = (uvw_m.x * c - uvw_m.y * s) * component.minor_rad;
  return kPi * kPi / (4 * std::log(2.0)) * (along * along + across * across) / (kSpeedOfLight * kSpeedOfLight);
}

/// gains *= exp(-per_hz2 nu^2): from channel to channel by a factor that itself changes by a constant one.
void fade_gaussian(double per_hz2, const std::vector<ChannelRun>& runs, float* gains) {
  for (const ChannelRun& run : runs) {
    const double step = run.step_hz;
    double kept = std::exp(-per_hz2 * run.freq_hz * run.freq_hz);
    double ratio = std::exp(-per_hz2 * step * (2 * run.freq_hz + step));
    const double change = std::exp(-2 * per_hz2 * step * step);
    for (std::size_t k = run.first; k < run.first + run.count; ++k) {
      gains[k] *= static_cast<float>(kept);
      kept *= ratio;
      ratio *= change;
    }
  }
}

/// gains *= sinc(x_s nu): its sine is turned on from channel to channel.
void fade_sinc(double x_s, const std::vector<ChannelRun>& runs, float* gains) {
  for (const ChannelRun& run : runs) {
    const double first = x_s * run.freq_hz, step = x_s * run.step_hz;
    if (std::abs(first) < 1e-4) continue;  // 1 to single precision
    double s = std::sin(first), c = std::cos(first);
    const double step_s = std::sin(step), step_c = std::cos(step);
    for (std::size_t k = 0; k < run.count; ++k) {
      gains[run.first + k] *= static_cast<float>(s / (first + static_cast<double>(k) * step));
      const double next = s * step_c + c * step_s;
      c = c * step_c - s * step_s;
      s = next;
    }
  }
}

}  // namespace

ModelVisibilities::ModelVisibilities(const Observation& observation, const SkyModel& model, Times times,
                                     unsigned threads, const JobContext& context)
    : observation_(observation), model_(model), first_time_(times.first) {
  const std::size_t n_times = times.end - times.first, n_components = model.components.size();
  if (n_components == 0)
    throw Error(code::kInvalidArgument, "Expected a sky model of at least one source but received none");
  for (std::size_t i = 0; i < n_components; ++i) (is_factored(model.components[i]) ? factored_ : others_).push_back(i);
  slot_.assign(observation.antennas.size(), kNoRows);
  for (const auto* antennas : {&observation.antenna1, &observation.antenna2})
    for (const std::uint32_t antenna : *antennas) {
      if (slot_[antenna] != kNoRows) continue;
      slot_[antenna] = positions_m_.size();
      positions_m_.push_back(observation.antennas[antenna].position_m - observation.antennas.front().position_m);
    }
  places_.resize(n_times * n_components);
  fluxes_jy_ = NdArray<float, 3>::uninitialized({n_times, n_components, observation.n_channels()});
  parallel_for(n_times, threads, [&](std::size_t i) {
    context.checkpoint();
    fill_fluxes(times.first + i);
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
    places_[(time - first_time_) * model_.components.size() + i] = {(1 / kSpeedOfLight) * offset,
                                                                    (1 / kSpeedOfLight) * turning};
    const double sin_angle = norm(cross(source, pointing));
    const bool in_front = dot(source, pointing) > 0;
    for (std::size_t k = 0; k < o.n_channels(); ++k) {
      const double beam = !model_.primary_beam ? 1 : in_front ? airy_power(sin_angle, dish_m, o.freq_hz[k]) : 0;
      fluxes_jy_(time - first_time_, i, k) = static_cast<float>(beam * flux_at(component, o.freq_hz[k]));
    }
  }
}

/// Rows of one integration, and where their visibilities of some channels go.
struct ModelVisibilities::Rows {
  const std::vector<std::size_t>& rows;
  std::size_t time;
  NdView<float, 2> re, im;     ///< (rows, channels of the block)
  std::size_t channel_offset;  ///< of the channels, in those of the block
  unsigned threads;

  float* re_of(std::size_t i) const { return &re(i, channel_offset); }
  float* im_of(std::size_t i) const { return &im(i, channel_offset); }
  /// body(first, end) for parts of the rows, in parallel.
  template <typename Body>
  void in_parts(const Body& body) const {
    parallel_for((rows.size() + kRowsPerTask - 1) / kRowsPerTask, threads, [&](std::size_t task) {
      body(task * kRowsPerTask, std::min(rows.size(), (task + 1) * kRowsPerTask));
    });
  }
};

void ModelVisibilities::predict(const std::vector<std::size_t>& rows, std::size_t first_channel, NdView<float, 2> re,
                                NdView<float, 2> im, unsigned threads) const {
  std::fill(re.begin(), re.end(), 0.0f);
  std::fill(im.begin(), im.end(), 0.0f);
  if (rows.empty()) return;
  const std::size_t n_channels = re.shape(1);
  for (std::size_t offset = 0; offset < n_channels; offset += AntennaPhasors::kMostChannels) {
    const std::size_t first = first_channel + offset,
                      count = std::min(AntennaPhasors::kMostChannels, n_channels - offset);
    const auto begin = observation_.freq_hz.begin() + static_cast<std::ptrdiff_t>(first);
    const Channels channels{first, count, runs_of({begin, begin + static_cast<std::ptrdiff_t>(count)})};
    const Rows part{rows, observation_.time_index[rows.front()], re, im, offset, threads};
    const std::size_t at_once = std::max<std::size_t>(1, kPhasorFloats / (positions_m_.size() * count * 2));
    for (std::size_t i = 0; i < factored_.size(); i += at_once)
      add_factored(part, channels, &factored_[i], std::min(at_once, factored_.size() - i));
    if (!others_.empty()) add_one_by_one(part, channels);
  }
}

void ModelVisibilities::add_factored(const Rows& rows, const Channels& channels, const std::size_t* components,
                                     std::size_t count) const {
  const Observation& o = observation_;
  std::vector<Vec3> delays;
  std::vector<const float*> fluxes;
  for (std::size_t c = 0; c < count; ++c) {
    delays.push_back(place(rows.time, components[c]).delay_s_per_m);
    fluxes.push_back(fluxes_jy(rows.time, components[c], channels.first));
  }
  const AntennaPhasors phasors(positions_m_, delays, channels.runs, channels.count, rows.threads);
  rows.in_parts([&](std::size_t first, std::size_t end) {
    AntennaPhasors::Weighted weighted;
    for (std::size_t i = first; i < end; ++i) {
      const std::size_t row = rows.rows[i];
      // The correlator's rows of one antenna 2 stand together.
      if (i == first || o.antenna2[row] != o.antenna2[rows.rows[i - 1]])
        phasors.weigh(slot_[o.antenna2[row]], fluxes, weighted);
      phasors.add_baseline(weighted, slot_[o.antenna1[row]], rows.re_of(i), rows.im_of(i));
    }
  });
}

void ModelVisibilities::add_one_by_one(const Rows& rows, const Channels& channels) const {
  const Observation& o = observation_;
  rows.in_parts([&](std::size_t first, std::size_t end) {
    std::vector<float> gains;
    for (std::size_t i = first; i < end; ++i) {
      const std::size_t row = rows.rows[i];
      const Vec3 baseline = o.antennas[o.antenna2[row]].position_m - o.antennas[o.antenna1[row]].position_m;
      for (const std::size_t component : others_) {
        const Place& seen = place(rows.time, component);
        const float* flux = fluxes_jy(rows.time, component, channels.first);
        gains.assign(flux, flux + channels.count);
        attenuate(row, model_.components[component], seen, baseline, channels, gains.data());
        add_fringe(gains.data(), -dot(baseline, seen.delay_s_per_m), channels.runs, rows.re_of(i), rows.im_of(i));
      }
    }
  });
}

void ModelVisibilities::attenuate(std::size_t row, const SkyComponent& component, const Place& place,
                                  const Vec3& baseline_m, const Channels& channels, float* gains) const {
  const Observation& o = observation_;
  if (component.extended()) fade_gaussian(gaussian_per_hz2(component, o.uvw_m[row]), channels.runs, gains);
  if (!model_.smearing) return;
  const double delay_s = dot(baseline_m, place.delay_s_per_m), rate = dot(baseline_m, place.rate_per_m);
  const double width_s = kPi * delay_s, turns_s = kPi * rate * o.integration_s[o.time_index[row]];
  double width_hz = -1, kept = 1;
  for (std::size_t k = 0; k < channels.count; ++k) {
    if (o.channel_width_hz[channels.first + k] != width_hz) {
      width_hz = o.channel_width_hz[channels.first + k];
      kept = sinc(width_s * width_hz);
    }
    gains[k] *= static_cast<float>(kept);
  }
  fade_sinc(turns_s, channels.runs, gains);
}

}  // namespace contimg::calibration
