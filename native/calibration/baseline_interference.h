#pragma once

#include <complex>
#include <cstdint>
#include <vector>

#include "core/nd_array.h"

namespace contimg::calibration {

/// Amplitudes of one baseline and polarization against what is expected, and where they are of no use.
struct BaselineAmplitudes {
  NdArray<float, 2> values;        ///< (times, channels)
  NdArray<std::uint8_t, 2> flags;  ///< likewise, 0: good
  /// Likewise, 1 where others have interference, or 0; empty: none. There 3 sigma are enough, as these cells are few.
  NdArray<std::uint8_t, 2> suspected = {};
};

struct BaselineFlagging {
  double threshold = 6;  ///< of a single sample, in sigma
  double eta = 0.1;      ///< of the rank operator
  /// Run of samples that are tested together. What is as faint as to show in longer ones only, fringes of several
  /// sources may be too.
  std::size_t longest = 4;
  /// Fringes of sources are in the values too. They fall as far as they rise, and interference does not, so that what
  /// falls tells what is no interference; and neighbors have them in common (SumThresholdOptions::correlated).
  bool fringes = false;
  double least_sigma = 0;  ///< the values are not smoother than this, whatever their noise
  /// Channels that other baselines have interference in at all times, 1, or 0; none if empty. They are judged by their
  /// mean over time too: they are few, and what is far below the noise of a visibility shows in it.
  std::vector<std::uint8_t> suspected_channels = {};
};

/// Finds interference on one baseline: amplitudes less their surroundings (a mean over 7 times and 15 channels without
/// what is flagged), in sigmas of their own, through SumThreshold and the rank operator; twice, the second time without
/// what the first has found. What is found gets the flag `mark`.
void flag_baseline(BaselineAmplitudes& baseline, std::uint8_t mark, const BaselineFlagging& options);

}  // namespace contimg::calibration
