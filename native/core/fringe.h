#pragma once

#include <cstddef>
#include <vector>

#include "core/constants.h"
#include "core/simd.h"
#include "core/sincos_cycles.h"

namespace contimg {

/// Evenly spaced channels.
struct ChannelRun {
  std::size_t first, count;
  double freq_hz, step_hz;  // of the first channel, and between channels
};

/// All channels as few runs, each even to 1 Hz: that turns a baseline of 3 km by 1e-5 of a turn.
std::vector<ChannelRun> runs_of(const std::vector<double>& freq_hz);

inline constexpr std::size_t kFringeSpan = 32;  ///< channels that share their powers of a step; a power of 2

/// The fringe exp(2 pi i nu path) of the channels [first, first + count): base times step[0], step[1], ...
struct FringeSpan {
  std::size_t first, count;
  float base_re, base_im;
  const float *step_re, *step_im;
};

/// Calls `body(span)` for all channels, span by span. The phase advances evenly from channel to channel, so a run takes
/// one exact phasor for its first channel and one for a step; powers of the latter, the same for all spans, lead from
/// channel to channel and from span to span. In double precision, 3000 channels of it lose 1e-13.
template <typename Body>
CONTIMG_INLINE void for_each_fringe_span(const std::vector<ChannelRun>& runs, double path_s, const Body& body) {
  const auto phasor_of = [](double turns, double& re, double& im) {
    sincos_cycles(turns - nearest_integer(turns), im, re);
  };
  for (const ChannelRun& run : runs) {
    double power_re[kFringeSpan] = {1}, power_im[kFringeSpan] = {0};
    double ar, ai;  // the phasor of n steps
    phasor_of(run.step_hz * path_s, ar, ai);
    // A short run needs few powers; only one of several spans needs the phasor of all.
    for (std::size_t n = 1; n < kFringeSpan && n < run.count; n *= 2) {
      for (std::size_t j = 0; j < n; ++j) {
        power_re[n + j] = power_re[j] * ar - power_im[j] * ai;
        power_im[n + j] = power_re[j] * ai + power_im[j] * ar;
      }
      const double square_re = ar * ar - ai * ai;
      ai = 2 * ar * ai;
      ar = square_re;
    }
    float step_re[kFringeSpan], step_im[kFringeSpan];
    for (std::size_t j = 0; j < kFringeSpan && j < run.count; ++j) {
      step_re[j] = static_cast<float>(power_re[j]);
      step_im[j] = static_cast<float>(power_im[j]);
    }
    double base_re, base_im;
    phasor_of(run.freq_hz * path_s, base_re, base_im);
    for (std::size_t k = 0; k < run.count; k += kFringeSpan) {
      const std::size_t count = run.count - k < kFringeSpan ? run.count - k : kFringeSpan;
      body(
          FringeSpan{run.first + k, count, static_cast<float>(base_re), static_cast<float>(base_im), step_re, step_im});
      const double next_re = base_re * ar - base_im * ai;
      base_im = base_re * ai + base_im * ar;
      base_re = next_re;
    }
  }
}

/// Adds gains[k] exp(2 pi i nu_k path) to re[k] and im[k], for every channel k of the runs.
void add_fringe(const float* gains, double path_s, const std::vector<ChannelRun>& runs, float* re, float* im);

}  // namespace contimg
