#include "uvh5/observation_content.h"

#include <algorithm>
#include <cmath>

#include "coordinates/apparent.h"
#include "coordinates/site.h"
#include "core/constants.h"
#include "core/error.h"

namespace contimg {
namespace {

double wrapped(double angle_rad) { return std::remainder(angle_rad, 2 * kPi); }

struct HourAngleDec {
  double hour_angle_rad, dec_rad;
};

HourAngleDec hadec_of(const Direction& icrs, double time_mjd_s, const Observation& observation) {
  const Vec3 w = apparent_itrf(icrs, time_mjd_s, observation.site, observation.earth_orientation);
  return {wrapped(observation.site.longitude_rad - std::atan2(w.y, w.x)), std::asin(w.z)};
}

/// The apparent declination that a transit array is fringe-stopped to.
double meridian_dec(const Observation& observation) {
  double first_dec = 0;
  for (std::size_t time = 0; time < observation.time_mjd_s.size(); ++time) {
    const auto [hour_angle, dec] = hadec_of(observation.phase_center[time], observation.time_mjd_s[time], observation);
    if (time == 0) first_dec = dec;
    const double off = std::hypot(hour_angle * std::cos(dec), dec - first_dec);
    if (off > kArcsec)
      throw Error(code::kInvalidArgument,
                  "Expected every integration to be phased to the meridian at one declination, as the layout dsa110 "
                  "implies, but integration " +
                      std::to_string(time) + " is " + std::to_string(off / kArcsec) +
                      " arcsec off. Write the layout uvh5-1.2 instead");
  }
  return first_dec;
}

Uvh5Phasing phasing_at(std::size_t time, const Observation& observation, bool has_ut1) {
  const Direction& center = observation.phase_center[time];
  const double time_mjd_s = observation.time_mjd_s[time];
  const auto [hour_angle, dec] = hadec_of(center, time_mjd_s, observation);
  const double sidereal = local_sidereal_time(time_mjd_s, observation.site, observation.earth_orientation);
  const UvwFrame icrs = uvw_frame(center, time_mjd_s, observation.site, observation.earth_orientation);
  const UvwFrame of_date = hadec_frame(hour_angle, dec, observation.site);
  Uvh5Phasing phasing;
  phasing.center = center;
  phasing.apparent_ra_rad = sidereal - hour_angle;
  phasing.apparent_ra_rad -= 2 * kPi * std::floor(phasing.apparent_ra_rad / (2 * kPi));
  phasing.apparent_dec_rad = dec;
  phasing.frame_angle_rad = std::atan2(dot(icrs.v, of_date.u), dot(icrs.v, of_date.v));
  if (has_ut1) phasing.local_sidereal_time_rad = sidereal;
  return phasing;
}

void fill_rows(const Observation& observation, Uvh5Content& content) {
  for (std::size_t row = 0; row < observation.n_rows(); ++row) {
    const std::size_t time = observation.time_index[row];
    content.time_jd.push_back(observation.time_mjd_s[time] / kSecondsPerDay + kMjdOfJd);
    content.integration_s.push_back(observation.integration_s[time]);
    content.antenna1.push_back(observation.antenna1[row]);
    content.antenna2.push_back(observation.antenna2[row]);
  }
}

/// The uvw of a DSA-110 file: the frame of date at HA = 0.
std::vector<Vec3> uvw_of_date(const Observation& observation, double dec_rad) {
  const UvwFrame frame = hadec_frame(0, dec_rad, observation.site);
  std::vector<Vec3> uvw;
  for (std::size_t row = 0; row < observation.n_rows(); ++row)
    uvw.push_back(uvw_of_baseline(frame, observation.antennas[observation.antenna2[row]].position_m -
                                             observation.antennas[observation.antenna1[row]].position_m));
  return uvw;
}

void fill_dsa110(const Observation& observation, Uvh5Content& content) {
  content.pointing_dec_rad = meridian_dec(observation);
  content.uvw_m = uvw_of_date(observation, content.pointing_dec_rad);
  std::reverse(content.freq_hz.begin(), content.freq_hz.end());
  std::reverse(content.channel_width_hz.begin(), content.channel_width_hz.end());
  content.is_reversed = true;
}

void fill_memo12(const Observation& observation, bool has_ut1, Uvh5Content& content) {
  content.uvw_m = observation.uvw_m;
  for (std::size_t time = 0; time < observation.time_mjd_s.size(); ++time)
    content.phasing.push_back(phasing_at(time, observation, has_ut1));
  content.integration_of_row.assign(observation.time_index.begin(), observation.time_index.end());
}

void fill_channels(const Observation& observation, std::optional<std::size_t> spw, Uvh5Content& content) {
  const auto& starts = observation.spw_first_channel;
  if (spw && *spw >= starts.size())
    throw Error(code::kInvalidArgument, "Expected spw to be below " + std::to_string(starts.size()) +
                                            ", the number of spectral windows, but received " + std::to_string(*spw));
  const std::size_t first_window = spw.value_or(0), end_window = spw ? *spw + 1 : starts.size();
  content.first_channel = starts[first_window];
  for (std::size_t window = first_window; window < end_window; ++window) {
    const std::size_t end = window + 1 < starts.size() ? starts[window + 1] : observation.n_channels();
    for (std::size_t channel = starts[window]; channel < end; ++channel) {
      content.freq_hz.push_back(observation.freq_hz[channel]);
      content.channel_width_hz.push_back(observation.channel_width_hz[channel]);
      content.spw_of_channel.push_back(static_cast<std::int64_t>(window));
    }
  }
}

}  // namespace

Uvh5Content content_of_observation(const Observation& observation, Uvh5Layout layout, std::optional<std::size_t> spw,
                                   bool has_ut1) {
  Uvh5Content content;
  content.telescope_name = observation.telescope_name;
  content.site = observation.site;
  const Vec3 center = itrf_of_site(observation.site);
  for (const Antenna& antenna : observation.antennas) {
    content.antenna_names.push_back(antenna.name);
    content.antenna_position_m.push_back(antenna.position_m - center);
    content.antenna_diameter_m.push_back(antenna.diameter_m);
  }
  content.polarizations.assign(observation.polarizations.begin(), observation.polarizations.end());
  for (const std::string& line : observation.history) content.history += line + "\n";
  content.is_conjugated = true;
  fill_rows(observation, content);
  fill_channels(observation, spw, content);
  if (layout == Uvh5Layout::kDsa110)
    fill_dsa110(observation, content);
  else
    fill_memo12(observation, has_ut1, content);
  return content;
}

}  // namespace contimg
