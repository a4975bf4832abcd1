#pragma once

#include <cstddef>
#include <vector>

#include "calibration/array_interference.h"
#include "calibration/window_amplitudes.h"

namespace contimg::calibration {

/// Judges, of what the array as a whole sees in a window, what all baselines have: the cells of `interference` become
/// kOnAll, with what the rank operator adds, or kOnSome where some may have it.
///
/// Of every baseline ln power in what rises is compared with its surroundings: of a channel that is raised the mean
/// over time with neighboring channels, of a cell with the times around. What all have moves all of these differences,
/// what some have only theirs: so the lower quartile of the differences is, in units of their mean, where it is in what
/// does not rise. All baselines move it by 1, a half of them by 0.3, a third by 0.2 (0.4 where it is no more than 1.5
/// sigma). Cells are many, and those on some that look like it by chance are as many as those on all: of a cell the
/// quartile must rise by 6 sigma too. Windows that rise were judged before (window_rises.h). Where nothing can be
/// compared, all have it.
///
/// @param baselines  cross-correlations
void judge_array_interference(const WindowAmplitudes& window, const std::vector<std::size_t>& baselines,
                              unsigned threads, ArrayInterference& interference);

}  // namespace contimg::calibration
