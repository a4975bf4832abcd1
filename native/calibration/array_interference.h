#pragma once

#include <cstdint>
#include <vector>

#include "calibration/array_power.h"

namespace contimg::calibration {

/// Interference of a cell: found in it, in all of its window at that time, or on some baselines only. After judgement
/// (interference_on_all.h) it is on all or on some.
enum : std::uint8_t { kRisenCell = 1, kRisenWindow = 2, kOnSome = 3, kOnAll = 4 };

/// Interference that the array as a whole sees.
struct ArrayInterference {
  NdArray<std::uint8_t, 3> cells;  ///< (pols, times, channels): at single times; 0 where there is none
  /// (pols, channels): by how much ln power of a channel is above its neighbors' at all times; 0 where it is not. They
  /// are not among the cells before judgement.
  NdArray<float, 2> raised;
};

/// Against the level of each channel (its median over time): single times at which spectral windows rise, alone or
/// together (window_rises.h); channels that rise above their neighbors at all times; and SumThreshold on the rest. With
/// n baselines a cell is found from an amplitude of some 4 n^(-1/4) sigma on each: half of sigma for the 4560 of
/// DSA-110.
ArrayInterference find_array_interference(const ArrayPower& power,
                                          const std::vector<std::size_t>& window_first_channel);

/// ln of the power of each channel, (pols, channels): median over the times without interference, less the drift that
/// neighboring channels have in common.
NdArray<float, 2> channel_levels(const ArrayPower& power, NdView<const std::uint8_t, 3> interference,
                                 const std::vector<std::size_t>& window_first_channel);

}  // namespace contimg::calibration
