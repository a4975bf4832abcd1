#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "core/constants.h"
#include "core/simd.h"

namespace contimg {

/// Evenly spaced channels.
struct ChannelRun {
  std::size_t first, count;
  double freq_hz, step_hz;  // of the first channel, and between channels
};

/// All channels as few runs, each even to 1 Hz: that turns a baseline of 3 km by 1e-5 of a turn.
std::vector<ChannelRun> runs_of(const std::vector<double>& freq_hz);

inline constexpr std::size_t kFringeSpan = 32;  ///< channels per exact phasor

/// The fringe exp(2 pi i nu path) of the channels [first, first + count): base times step[0], step[1], ...
struct FringeSpan {
  std::size_t first, count;
  float base_re, base_im;
  const float *step_re, *step_im;
};

/// Calls `body(span)` for all channels, span by span. The phase advances evenly from channel to channel, so a run takes
/// one exact phasor per span, times the powers of the phasor of one step, which are the same for all spans.
template <typename Body>
CONTIMG_INLINE void for_each_fringe_span(const std::vector<ChannelRun>& runs, double path_s, const Body& body) {
  for (const ChannelRun& run : runs) {
    float step_re[kFringeSpan], step_im[kFringeSpan];
    const double step_turns = run.step_hz * path_s, step = 2 * kPi * (step_turns - std::floor(step_turns));
    const double c = std::cos(step), s = std::sin(step);
    double pr = 1, pi = 0;
    for (std::size_t j = 0; j < kFringeSpan; ++j) {
      step_re[j] = static_cast<float>(pr);
      step_im[j] = static_cast<float>(pi);
      const double next = pr * c - pi * s;
      pi = pr * s + pi * c;
      pr = next;
    }
    for (std::size_t k = 0; k < run.count; k += kFringeSpan) {
      const double turns = (run.freq_hz + static_cast<double>(k) * run.step_hz) * path_s;
      const double angle = 2 * kPi * (turns - std::floor(turns));
      const std::size_t count = run.count - k < kFringeSpan ? run.count - k : kFringeSpan;
      body(FringeSpan{run.first + k, count, static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle)),
                      step_re, step_im});
    }
  }
}

/// Adds gains[k] exp(2 pi i nu_k path) to re[k] and im[k], for every channel k of the runs.
void add_fringe(const float* gains, double path_s, const std::vector<ChannelRun>& runs, float* re, float* im);

}  // namespace contimg
