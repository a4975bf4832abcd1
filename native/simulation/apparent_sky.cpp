#include "simulation/apparent_sky.h"

#include <cmath>

#include "coordinates/apparent.h"
#include "core/airy.h"

namespace contimg::simulation {

std::vector<ApparentSource> apparent_sky(const Sky& sky, const TransitArray& array, double time_mjd_s) {
  const Vec3 pointing = hadec_itrf(0, array.pointing_dec_rad, array.site);
  std::vector<ApparentSource> result;
  result.reserve(sky.sources.size());
  for (const PointSource& source : sky.sources) {
    const Vec3 seen = apparent_itrf(source.direction, time_mjd_s, array.site, array.earth_orientation);
    result.push_back({seen - pointing, norm(cross(seen, pointing)), dot(seen, pointing) > 0});
  }
  return result;
}

std::vector<double> attenuated_flux(const PointSource& source, const ApparentSource& apparent, double reference_hz,
                                    const TransitArray& array, const Channels& channels) {
  std::vector<double> flux(channels.count);
  for (std::size_t channel = 0; channel < channels.count; ++channel) {
    const double freq_hz = channels.center_hz(channel);
    flux[channel] = source.flux_jy * std::pow(freq_hz / reference_hz, source.spectral_index);
    if (array.primary_beam)
      flux[channel] *= apparent.in_front ? airy_power(apparent.sin_angle, array.dish_diameter_m, freq_hz) : 0;
  }
  return flux;
}

}  // namespace contimg::simulation
