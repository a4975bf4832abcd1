#pragma once

#include <complex>
#include <vector>

#include "coordinates/apparent.h"
#include "core/constants.h"
#include "memory_source.h"

namespace contimg::test {

/// The dirty image with natural weights at a direction: the sum over the file's own visibilities, each turned from its
/// own phase center by apparent directions and antenna positions. No uvw, no grid, no rephasing, no aberration scale.
inline double direct_sum(const MemorySource& source, const Direction& direction) {
  const Observation& o = source.observation();
  std::vector<Vec3> paths;  // per integration
  for (std::size_t t = 0; t < o.time_mjd_s.size(); ++t)
    paths.push_back(apparent_itrf(direction, o.time_mjd_s[t], o.site, {}) -
                    apparent_itrf(o.phase_center[t], o.time_mjd_s[t], o.site, {}));
  double sum = 0, weights = 0;
  for (std::size_t row = 0; row < o.n_rows(); ++row) {
    if (o.antenna1[row] == o.antenna2[row]) continue;
    const double path_m =
        dot(o.antennas[o.antenna2[row]].position_m - o.antennas[o.antenna1[row]].position_m, paths[o.time_index[row]]);
    for (std::size_t k = 0; k < o.n_channels(); ++k) {
      const std::complex<double> v(source.visibilities[(row * o.n_channels() + k) * 2]);
      sum += (v * std::polar(1.0, 2 * kPi * o.freq_hz[k] / kSpeedOfLight * path_m)).real();
      weights += 1;
    }
  }
  return sum / weights;
}

}  // namespace contimg::test
