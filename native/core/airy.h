#pragma once

#include <cmath>

#include "core/constants.h"

namespace contimg {

/// Power response of a uniformly lit circular dish, (2 J1(x)/x)^2 with x = pi D sin(theta) / lambda; 1 on axis.
inline double airy_power(double sin_theta, double diameter_m, double freq_hz) {
  const double x = kPi * diameter_m * sin_theta * freq_hz / kSpeedOfLight;
  if (std::abs(x) < 1e-6) return 1.0;
  const double ratio = 2 * ::j1(x) / x;
  return ratio * ratio;
}

}  // namespace contimg
