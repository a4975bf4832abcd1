#include "imaging/component_fringe.h"

#include <algorithm>
#include <cmath>

#include "core/constants.h"

namespace contimg::imaging {

FringePath fringe_path(const Component& component, double aberration, const Vec3& uvw_m) {
  const double l = component.l * aberration, m = component.m * aberration, r_squared = l * l + m * m;
  const double n = std::sqrt(std::max(1e-12, 1 - r_squared)), n_minus_1 = -r_squared / (1 + n);
  const double scale = -1 / kSpeedOfLight;
  return {scale * (uvw_m.x * l + uvw_m.y * m + uvw_m.z * n_minus_1), scale * aberration * (uvw_m.x - uvw_m.z * l / n),
          scale * aberration * (uvw_m.y - uvw_m.z * m / n)};
}

}  // namespace contimg::imaging
