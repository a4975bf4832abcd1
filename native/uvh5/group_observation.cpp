#include "uvh5/group_observation.h"

#include "coordinates/apparent.h"
#include "coordinates/site.h"
#include "core/constants.h"

namespace contimg {
namespace {

/// Everything but the channels and what depends on the direction.
Observation observation_of_rows(const Uvh5Header& header, const EarthOrientation& orientation) {
  Observation result;
  result.telescope_name = header.telescope_name;
  result.site = header.site;
  result.earth_orientation = orientation;
  result.polarizations = header.polarizations;
  const Vec3 origin = itrf_of_site(header.site);
  for (Antenna antenna : header.antennas) {
    antenna.position_m = antenna.position_m + origin;
    result.antennas.push_back(antenna);
  }
  for (std::size_t row = 0; row < header.time_jd.size(); ++row) {
    if (row == 0 || header.time_jd[row] != header.time_jd[row - 1]) {
      result.time_mjd_s.push_back((header.time_jd[row] - kMjdOfJd) * kSecondsPerDay);
      result.integration_s.push_back(header.integration_s[row]);
    }
    result.time_index.push_back(static_cast<std::uint32_t>(result.time_mjd_s.size() - 1));
  }
  result.antenna1 = header.antenna1;
  result.antenna2 = header.antenna2;
  return result;
}

/// Each integration's meridian position of the pointing declination, and uvw for it from the antenna positions.
void add_directions(const Uvh5Header& header, Observation& observation) {
  std::vector<UvwFrame> frames;
  for (double time : observation.time_mjd_s) {
    const Direction center =
        meridian_icrs(header.pointing_dec_rad, time, observation.site, observation.earth_orientation);
    observation.phase_center.push_back(center);
    frames.push_back(uvw_frame(center, time, observation.site, observation.earth_orientation));
  }
  observation.pointing = observation.phase_center;
  // Differences of the relative positions: the absolute ones would lose four digits.
  for (std::size_t row = 0; row < observation.n_rows(); ++row) {
    const Vec3 baseline =
        header.antennas[header.antenna2[row]].position_m - header.antennas[header.antenna1[row]].position_m;
    observation.uvw_m.push_back(uvw_of_baseline(frames[observation.time_index[row]], baseline));
  }
}

}  // namespace

Observation observation_of_group(const std::vector<Uvh5Header>& headers, const std::vector<SubbandSlot>& slots,
                                 const EarthOrientation& orientation) {
  Observation result = observation_of_rows(headers.front(), orientation);
  add_directions(headers.front(), result);
  for (const SubbandSlot& slot : slots) {
    result.spw_first_channel.push_back(slot.first_channel);
    result.freq_hz.insert(result.freq_hz.end(), slot.freq_hz.begin(), slot.freq_hz.end());
    result.channel_width_hz.insert(result.channel_width_hz.end(), slot.channel_width_hz.begin(),
                                   slot.channel_width_hz.end());
  }
  return result;
}

}  // namespace contimg
