#pragma once

#include <cstdint>

#include "core/nd_view.h"

namespace contimg::calibration {

struct SumThresholdOptions {
  double first = 6;          ///< threshold of a single sample, in sigma
  double factor = 1.5;       ///< by which it falls with each doubling of the run
  std::size_t longest = 64;  ///< run of samples, a power of 2
  bool both_signs = true;    ///< or only what is above the threshold, not what is below its negative
  /// Neighbors have noise in common: the threshold of runs is higher by what the noise of their means, as it is
  /// measured, exceeds that of independent samples.
  bool correlated = false;
};

/// Flags runs of samples, in time and in frequency, whose mean is beyond a threshold that falls with the length of the
/// run: SumThreshold (Offringa et al. 2010, MNRAS 405, 155). Samples that are flagged take no part in a sum.
///
/// @param values  (times, channels), of mean 0 and sigma 1
/// @param flags   likewise, 0: good; those found are set to `mark`
void sum_threshold(NdView<const float, 2> values, NdView<std::uint8_t, 2> flags, std::uint8_t mark,
                   const SumThresholdOptions& options);

/// Flags every sample that lies in a stretch, in time or in frequency, of which at least the part 1 - eta is flagged:
/// the scale-invariant rank operator (Offringa, van de Gronde & Roerdink 2012, A&A 539, A95).
void extend_flags(NdView<std::uint8_t, 2> flags, std::uint8_t mark, double eta);

}  // namespace contimg::calibration
