#include "core/fringe.h"

#include <cmath>

namespace contimg {

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

CONTIMG_SIMD void add_fringe(const float* gains, double path_s, const std::vector<ChannelRun>& runs, float* re,
                             float* im) {
  for_each_fringe_span(
      runs, path_s, [&](const FringeSpan& span) __attribute__((always_inline)) {
        const float br = span.base_re, bi = span.base_im;
        for (std::size_t j = 0; j < span.count; ++j) {
          const std::size_t k = span.first + j;
          re[k] += gains[k] * (br * span.step_re[j] - bi * span.step_im[j]);
          im[k] += gains[k] * (br * span.step_im[j] + bi * span.step_re[j]);
        }
      });
}

}  // namespace contimg
