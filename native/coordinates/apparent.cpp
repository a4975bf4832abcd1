#include "coordinates/apparent.h"

#include <erfa.h>
#include <erfam.h>

#include <cmath>
#include <string>

#include "core/constants.h"
#include "core/error.h"

namespace contimg {
namespace {

/// ERFA takes the two-part JD; +1 (a year outside its leap-second table) is a warning, below 0 a refusal.
void require_time(int status, double time_mjd_s) {
  if (status < 0)
    throw Error(code::kInvalidArgument, "Expected a UTC time that ERFA accepts but received MJD " +
                                            std::to_string(time_mjd_s / kSecondsPerDay));
}

Vec3 unit_vector(double longitude, double latitude) {
  return {std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude), std::sin(latitude)};
}

/// Axes with w along `w` and v in the plane of w and `towards_north`.
UvwFrame frame_of(Vec3 w, Vec3 towards_north) {
  const Vec3 v = normalized(towards_north - dot(towards_north, w) * w);
  return {cross(v, w), v, w};
}

}  // namespace

Vec3 apparent_itrf(const Direction& icrs, double time_mjd_s, const Site& site, const EarthOrientation& orientation) {
  double azimuth, zenith, hour_angle, dec, ra, origins;
  const int status = eraAtco13(icrs.ra_rad, icrs.dec_rad, 0, 0, 0, 0, kMjdOfJd, time_mjd_s / kSecondsPerDay,
                               orientation.ut1_minus_utc_s, site.longitude_rad, site.latitude_rad, site.height_m,
                               orientation.x_pole_rad, orientation.y_pole_rad, 0, 0, 0, 1.0, &azimuth, &zenith,
                               &hour_angle, &dec, &ra, &origins);
  require_time(status, time_mjd_s);
  return hadec_itrf(hour_angle, dec, site);
}

Vec3 hadec_itrf(double hour_angle_rad, double dec_rad, const Site& site) {
  return unit_vector(site.longitude_rad - hour_angle_rad, dec_rad);
}

Direction meridian_icrs(double apparent_dec_rad, double time_mjd_s, const Site& site,
                        const EarthOrientation& orientation) {
  Direction icrs;
  const int status =
      eraAtoc13("H", 0.0, apparent_dec_rad, kMjdOfJd, time_mjd_s / kSecondsPerDay, orientation.ut1_minus_utc_s,
                site.longitude_rad, site.latitude_rad, site.height_m, orientation.x_pole_rad, orientation.y_pole_rad, 0,
                0, 0, 1.0, &icrs.ra_rad, &icrs.dec_rad);
  require_time(status, time_mjd_s);
  return icrs;
}

double local_sidereal_time(double time_mjd_s, const Site& site, const EarthOrientation& orientation) {
  const double mjd = time_mjd_s / kSecondsPerDay;
  double ut1_1, ut1_2, tai1, tai2, tt1, tt2;
  require_time(eraUtcut1(kMjdOfJd, mjd, orientation.ut1_minus_utc_s, &ut1_1, &ut1_2), time_mjd_s);
  require_time(eraUtctai(kMjdOfJd, mjd, &tai1, &tai2), time_mjd_s);
  eraTaitt(tai1, tai2, &tt1, &tt2);
  return eraAnp(eraGst06a(ut1_1, ut1_2, tt1, tt2) + site.longitude_rad);
}

double aberration_scale(const Direction& icrs, double time_mjd_s) {
  double tai1, tai2, tt1, tt2, heliocentric[2][3], barycentric[2][3];
  require_time(eraUtctai(kMjdOfJd, time_mjd_s / kSecondsPerDay, &tai1, &tai2), time_mjd_s);
  eraTaitt(tai1, tai2, &tt1, &tt2);
  eraEpv00(tt1, tt2, heliocentric, barycentric);
  const Vec3 velocity_au_per_day{barycentric[1][0], barycentric[1][1], barycentric[1][2]};
  const double au_per_day_over_c = ERFA_DAU / ERFA_DAYSEC / kSpeedOfLight;
  const Vec3 beta = au_per_day_over_c * velocity_au_per_day;
  return std::sqrt(1 - dot(beta, beta)) / (1 + dot(beta, unit_vector(icrs.ra_rad, icrs.dec_rad)));
}

UvwFrame uvw_frame(const Direction& phase_center, double time_mjd_s, const Site& site,
                   const EarthOrientation& orientation) {
  // North is where a step in ICRS declination goes; a step of 1e-3 rad keeps the rounding of the difference at 1e-13.
  constexpr double kStep = 1e-3;
  const auto apparent = [&](double dec_rad) {
    return apparent_itrf({phase_center.ra_rad, dec_rad}, time_mjd_s, site, orientation);
  };
  return frame_of(apparent(phase_center.dec_rad),
                  apparent(phase_center.dec_rad + kStep) - apparent(phase_center.dec_rad - kStep));
}

UvwFrame hadec_frame(double hour_angle_rad, double dec_rad, const Site& site) {
  const double longitude = site.longitude_rad - hour_angle_rad;
  const Vec3 north{-std::sin(dec_rad) * std::cos(longitude), -std::sin(dec_rad) * std::sin(longitude),
                   std::cos(dec_rad)};
  return frame_of(hadec_itrf(hour_angle_rad, dec_rad, site), north);
}

}  // namespace contimg
