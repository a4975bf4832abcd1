#pragma once

#include <cstdint>
#include <vector>

#include "core/nd_array.h"
#include "core/visibility_source.h"

namespace contimg::calibration {

/// How strong the visibilities of the whole array are: means over baselines, to which single baselines matter little.
struct ArrayPower {
  NdArray<float, 3> log_power;             ///< (pols, times, channels): mean of ln |V|^2 over cross-correlations
  NdArray<std::uint8_t, 3> absent;         ///< likewise, 1: no good visibility
  std::vector<double> antenna_log_power;   ///< (antennas, pols): mean of ln |V|^2 over its baselines; 0 without
  std::vector<std::size_t> antenna_good;   ///< (antennas, pols): good visibilities of its cross-correlations
  std::vector<std::size_t> antenna_given;  ///< likewise, those that are not flagged in the data: good, 0 or not finite
};

/// Reads the source once. Good is what is not flagged, has weight, is finite and not 0.
ArrayPower measure_array_power(VisibilitySource& source, unsigned threads, const JobContext& context);

/// Interference that the array as a whole sees, (pols, times, channels), 1: there is some.
///
/// Against the level of each channel (its median over time): single times at which the whole band rises; channels that
/// rise above their neighbors at all times; and SumThreshold on the rest. With n baselines a cell is found from an
/// amplitude of some 4 n^(-1/4) sigma on each: half of sigma for the 4560 of DSA-110.
NdArray<std::uint8_t, 3> find_array_interference(const ArrayPower& power,
                                                 const std::vector<std::size_t>& window_first_channel);

/// ln of the power of each channel, (pols, channels): median over the times without interference.
NdArray<float, 2> channel_levels(const ArrayPower& power, NdView<const std::uint8_t, 3> interference);

}  // namespace contimg::calibration
