#pragma once

#include <cstdint>
#include <vector>

#include "calibration/array_power.h"

namespace contimg::calibration {

/// Interference that the array as a whole sees.
struct ArrayInterference {
  NdArray<std::uint8_t, 3> cells;  ///< (pols, times, channels), 1: there is some, on all baselines
  /// (pols, channels): by how much ln power of a channel is above its neighbors' at all times; 0 where it is not.
  /// Whether all baselines have that or some, raised_channels.h tells; they are not among the cells.
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
