#pragma once

#include <cmath>

#include "coordinates/apparent.h"

namespace contimg {

inline constexpr double kEarthRotationRate = 7.2921150e-5;  // rad/s (GRS80, IERS Conventions 2010 table 1.2)

/// Axes, on ITRF, of the same sky a little later: the sky turns westwards around the pole.
/// Good to 1e-8 of a baseline within a minute (polar motion, changes of aberration and precession).
inline UvwFrame later(const UvwFrame& frame, double seconds) {
  const double angle = -kEarthRotationRate * seconds, c = std::cos(angle), s = std::sin(angle);
  const auto turn = [&](const Vec3& v) { return Vec3{c * v.x - s * v.y, s * v.x + c * v.y, v.z}; };
  return {turn(frame.u), turn(frame.v), turn(frame.w)};
}

/// How fast the uvw of a baseline change, m/s: the derivative of uvw_of_baseline(later(frame, t), baseline).
inline Vec3 uvw_rate(const UvwFrame& frame, Vec3 baseline_itrf_m) {
  const Vec3 swept{-baseline_itrf_m.y, baseline_itrf_m.x, 0};  // pole x baseline
  const Vec3 rate = uvw_of_baseline(frame, swept);
  return {kEarthRotationRate * rate.x, kEarthRotationRate * rate.y, kEarthRotationRate * rate.z};
}

}  // namespace contimg
