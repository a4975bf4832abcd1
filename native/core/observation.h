#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/constants.h"
#include "core/vec3.h"

namespace contimg {

/// A direction on the sky; ICRS unless the name says otherwise.
struct Direction {
  double ra_rad = 0, dec_rad = 0;
};

/// Unit vector on the axes of the direction's own frame: x to (0, 0), z to the pole.
inline Vec3 unit_vector(const Direction& d) {
  const double c = std::cos(d.dec_rad);
  return {c * std::cos(d.ra_rad), c * std::sin(d.ra_rad), std::sin(d.dec_rad)};
}

/// Unit vectors at a direction, on the same axes: towards it, and in its tangent plane.
struct TangentAxes {
  Vec3 center, east, north;
};
inline TangentAxes tangent_axes(const Direction& d) {
  const Vec3 center = unit_vector(d), east{-std::sin(d.ra_rad), std::cos(d.ra_rad), 0};
  return {center, east, cross(center, east)};
}

/// The direction of a vector of any length; right ascension 0 to 2 pi.
inline Direction direction_of(const Vec3& v) {
  const double ra = std::atan2(v.y, v.x);
  return {ra < 0 ? ra + 2 * kPi : ra, std::atan2(v.z, std::hypot(v.x, v.y))};
}

/// A place on the Earth, WGS84.
struct Site {
  double longitude_rad = 0, latitude_rad = 0, height_m = 0;
};

/// Earth orientation at the time of the observation (IERS Conventions 2010, section 5.4.1).
/// The default, all zero, puts sources off by up to 15" per second of UT1-UTC.
struct EarthOrientation {
  double ut1_minus_utc_s = 0;
  double x_pole_rad = 0, y_pole_rad = 0;
};

struct Antenna {
  std::string name;
  Vec3 position_m;  ///< ITRF, absolute
  double diameter_m = 0;
};

/// What is known of an observation before any visibility is read.
///
/// Rows are (integration, baseline) pairs in ascending time; all rows of one integration stand together.
/// Signs and frames: docs/conventions.md sections 1 and 2.
struct Observation {
  std::string telescope_name;
  Site site;
  EarthOrientation earth_orientation;
  std::vector<Antenna> antennas;  ///< every antenna of the telescope; rows index into it

  std::vector<double> freq_hz;                 ///< channel centers, ascending over all spectral windows
  std::vector<double> channel_width_hz;        ///< > 0, one per channel
  std::vector<std::size_t> spw_first_channel;  ///< first channel of each spectral window, ascending, starts with 0
  std::vector<int> polarizations;              ///< AIPS codes: -5 XX, -6 YY, -7 XY, -8 YX, 1 I

  std::vector<double> time_mjd_s;       ///< integration centers, UTC, MJD seconds, ascending
  std::vector<double> integration_s;    ///< per integration
  std::vector<Direction> phase_center;  ///< per integration, ICRS
  std::vector<Direction> pointing;      ///< per integration, ICRS: where the dishes look

  std::vector<std::uint32_t> time_index;          ///< per row, into time_mjd_s
  std::vector<std::uint32_t> antenna1, antenna2;  ///< per row, into antennas
  std::vector<Vec3> uvw_m;                        ///< per row, for phase_center of its integration

  std::vector<std::string> history;  ///< one line per thing done to the data

  std::size_t n_rows() const { return time_index.size(); }
  std::size_t n_channels() const { return freq_hz.size(); }
  std::size_t n_pols() const { return polarizations.size(); }
};

}  // namespace contimg
