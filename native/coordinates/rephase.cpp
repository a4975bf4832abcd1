#include "coordinates/rephase.h"

#include <cmath>

#include "coordinates/apparent.h"
#include "core/constants.h"

namespace contimg {

Rephasing plan_rephase(const Observation& observation, const Direction& center) {
  const std::size_t n_times = observation.time_mjd_s.size();
  std::vector<UvwFrame> frames(n_times), old_frames(n_times);
  std::vector<char> moves(n_times);
  Rephasing plan;
  for (std::size_t t = 0; t < n_times; ++t) {
    const Direction& old = observation.phase_center[t];
    moves[t] = old.ra_rad != center.ra_rad || old.dec_rad != center.dec_rad;
    if (!moves[t]) continue;
    plan.identity = false;
    const auto frame = [&](const Direction& direction) {
      return uvw_frame(direction, observation.time_mjd_s[t], observation.site, observation.earth_orientation);
    };
    frames[t] = frame(center);
    old_frames[t] = frame(old);
  }
  plan.uvw_m = observation.uvw_m;
  plan.delay_s.assign(observation.n_rows(), 0.0);
  for (std::size_t row = 0; row < observation.n_rows(); ++row) {
    const std::size_t t = observation.time_index[row];
    if (!moves[t]) continue;
    const Vec3 baseline = observation.antennas[observation.antenna2[row]].position_m -
                          observation.antennas[observation.antenna1[row]].position_m;
    plan.uvw_m[row] = uvw_of_baseline(frames[t], baseline);
    plan.delay_s[row] = dot(baseline, frames[t].w - old_frames[t].w) / kSpeedOfLight;
  }
  return plan;
}

void rephase(VisibilityBlock& block, const Rephasing& rephasing, const std::vector<double>& freq_hz) {
  if (rephasing.identity) return;
  const auto& vis = block.visibilities;
  const std::size_t n_channels = vis.shape(1), n_pols = vis.shape(2);
  for (std::size_t row = 0; row < vis.shape(0); ++row) {
    const double delay_s = rephasing.delay_s[block.first_row + row];
    if (delay_s == 0) continue;
    for (std::size_t channel = 0; channel < n_channels; ++channel) {
      const double turns = freq_hz[block.first_channel + channel] * delay_s;
      const double angle = 2 * kPi * (turns - std::round(turns));
      const double c = std::cos(angle), s = std::sin(angle);
      for (std::size_t pol = 0; pol < n_pols; ++pol) {
        std::complex<float>& v = vis(row, channel, pol);
        const double re = v.real(), im = v.imag();
        v = {static_cast<float>(re * c - im * s), static_cast<float>(re * s + im * c)};
      }
    }
  }
}

RephasedSource::RephasedSource(std::unique_ptr<VisibilitySource> source, const Direction& center)
    : source_(std::move(source)),
      rephasing_(plan_rephase(source_->observation(), center)),
      observation_(source_->observation()) {
  observation_.uvw_m = rephasing_.uvw_m;
  observation_.phase_center.assign(observation_.phase_center.size(), center);
}

void RephasedSource::read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) {
  source_->read(
      [&](VisibilityBlock& block) {
        rephase(block, rephasing_, observation_.freq_hz);
        consume(block);
      },
      context);
}

}  // namespace contimg
