#include "calibration/shadowing.h"

#include <cmath>

namespace contimg::calibration {

NdArray<std::uint8_t, 2> find_shadowed(const Observation& o) {
  NdArray<std::uint8_t, 2> shadowed({o.time_mjd_s.size(), o.antennas.size()});
  for (std::size_t row = 0; row < o.n_rows(); ++row) {
    const std::size_t a = o.antenna1[row], b = o.antenna2[row];
    const Vec3& uvw = o.uvw_m[row];
    const double reach = 0.5 * (o.antennas[a].diameter_m + o.antennas[b].diameter_m);
    // w grows towards the source: with w > 0 antenna 2 is in front.
    if (a != b && std::hypot(uvw.x, uvw.y) < reach) shadowed(o.time_index[row], uvw.z > 0 ? a : b) = 1;
  }
  return shadowed;
}

}  // namespace contimg::calibration
