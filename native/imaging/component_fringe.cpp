#include "imaging/component_fringe.h"

#include <algorithm>

namespace contimg::imaging {

FringePath fringe_path(const Component& component, double aberration, const Vec3& uvw_m) {
  const double l = component.l * aberration, m = component.m * aberration, r_squared = l * l + m * m;
  const double n = std::sqrt(std::max(1e-12, 1 - r_squared)), n_minus_1 = -r_squared / (1 + n);
  const double scale = -1 / kSpeedOfLight;
  return {scale * (uvw_m.x * l + uvw_m.y * m + uvw_m.z * n_minus_1), scale * aberration * (uvw_m.x - uvw_m.z * l / n),
          scale * aberration * (uvw_m.y - uvw_m.z * m / n)};
}

std::vector<ChannelRun> runs_of(const std::vector<double>& freq_hz) {
  std::vector<ChannelRun> runs;
  for (std::size_t k = 0; k < freq_hz.size();) {
    ChannelRun run{k, 1, freq_hz[k], k + 1 < freq_hz.size() ? freq_hz[k + 1] - freq_hz[k] : 0};
    while (k + run.count < freq_hz.size() &&
           std::abs(freq_hz[k + run.count] - run.freq_hz - static_cast<double>(run.count) * run.step_hz) < 1)
      ++run.count;
    runs.push_back(run);
    k += run.count;
  }
  return runs;
}

}  // namespace contimg::imaging
