#pragma once

#include "core/observation.h"
#include "core/vec3.h"

namespace contimg {

/// Apparent direction of an ICRS position as a unit vector on ITRF axes: proper motion and parallax none, light
/// deflection, annual and diurnal aberration, precession-nutation (IAU 2006/2000A) and Earth rotation by ERFA's
/// atco13, no refraction.
///
/// @param time_mjd_s  UTC, MJD seconds
/// @throws Error{INVALID_ARGUMENT} for a time that ERFA refuses
/// Threads: safe. Cost: about 30 us.
Vec3 apparent_itrf(const Direction& icrs, double time_mjd_s, const Site& site, const EarthOrientation& orientation);

/// Unit vector on ITRF axes of an apparent hour angle and declination (radians) at the site's meridian.
Vec3 hadec_itrf(double hour_angle_rad, double dec_rad, const Site& site);

/// ICRS position of the apparent direction HA = 0, Dec = `apparent_dec_rad`: where a transit array that is
/// fringe-stopped to the meridian looks.
Direction meridian_icrs(double apparent_dec_rad, double time_mjd_s, const Site& site,
                        const EarthOrientation& orientation);

/// Apparent sidereal time at the site's longitude, 0 to 2 pi.
double local_sidereal_time(double time_mjd_s, const Site& site, const EarthOrientation& orientation);

/// How much smaller small angles around `icrs` appear than they are in ICRS, from annual aberration:
/// apparent = icrs * scale, 1 +- 1e-4 (aberration is conformal to first order in the field).
double aberration_scale(const Direction& icrs, double time_mjd_s);

/// Right-handed axes on ITRF: u to the apparent east, v to the apparent (ICRS) north, w to the phase center.
struct UvwFrame {
  Vec3 u, v, w;
};

/// Axes for an ICRS phase center. docs/conventions.md section 1.
UvwFrame uvw_frame(const Direction& phase_center, double time_mjd_s, const Site& site,
                   const EarthOrientation& orientation);

/// Axes for the apparent direction (HA, Dec), with v towards the pole of date: the frame of DSA-110's uvw_array.
UvwFrame hadec_frame(double hour_angle_rad, double dec_rad, const Site& site);

/// Coordinates of a baseline in a frame, metres.
inline Vec3 uvw_of_baseline(const UvwFrame& frame, Vec3 baseline_itrf_m) {
  return {dot(baseline_itrf_m, frame.u), dot(baseline_itrf_m, frame.v), dot(baseline_itrf_m, frame.w)};
}

}  // namespace contimg
