#include "coordinates/tile_center.h"

#include <cmath>

#include "coordinates/apparent.h"
#include "core/error.h"

namespace contimg {

double mid_time_mjd_s(const Observation& observation) {
  if (observation.time_mjd_s.empty())
    throw Error(code::kNoValidData, "Expected at least one integration but the observation has none");
  return 0.5 * (observation.time_mjd_s.front() + observation.time_mjd_s.back());
}

Direction tile_center(const Observation& observation) {
  const double mid = mid_time_mjd_s(observation);
  const Site& site = observation.site;
  const EarthOrientation& orientation = observation.earth_orientation;
  const auto apparent = [&](std::size_t t) {
    return apparent_itrf(observation.pointing[t], observation.time_mjd_s[t], site, orientation);
  };
  const Vec3 first = apparent(0), last = apparent(observation.time_mjd_s.size() - 1);
  const double dec_rad = std::asin(first.z);
  const Vec3 meridian = hadec_itrf(0, dec_rad, site);
  constexpr double kOnMeridian = 1e-6;  // rad, 0.2": far above rounding, far below the drift of a tracked field
  if (norm(first - meridian) < kOnMeridian && norm(last - meridian) < kOnMeridian)
    return meridian_icrs(dec_rad, mid, site, orientation);
  Vec3 sum;
  for (const Direction& pointing : observation.pointing) sum = sum + unit_vector(pointing);
  const Vec3 mean = normalized(sum);
  return {std::atan2(mean.y, mean.x), std::asin(mean.z)};
}

}  // namespace contimg
