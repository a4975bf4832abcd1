#pragma once

#include <cstdint>
#include <vector>

#include "core/nd_array.h"
#include "core/visibility_source.h"

namespace contimg::calibration {

/// How strong the visibilities of the whole array are: means over baselines, to which single baselines matter little.
struct ArrayPower {
  /// (pols, times, channels): mean over cross-correlations of ln (|V| / level)^2, where the level is the baseline's
  /// median amplitude in the spectral window. Baselines that stand out are left out, as long as enough others remain:
  /// what only some have is to be found on them, and flagged there alone.
  NdArray<float, 3> log_power;
  NdArray<float, 3> outlying;              ///< likewise: part of the baselines that stand out
  NdArray<std::uint8_t, 3> absent;         ///< likewise, 1: no good visibility
  std::vector<double> antenna_log_power;   ///< (antennas, pols): mean of ln level^2 over its baselines; 0 without
  std::vector<std::size_t> antenna_good;   ///< (antennas, pols): good visibilities of its cross-correlations
  std::vector<std::size_t> antenna_given;  ///< likewise, those that are not flagged in the data: good, 0 or not finite
};

/// Of noise alone so many stand out, wherever one looks.
inline constexpr double kOutlyingNoise = 0.013;

/// Whether what raises ln power of the mean baseline by `rise`, and lets a part `outlying` of the baselines stand out,
/// is on some baselines alone, to be flagged on them and on no others.
///
/// What all have raises the others too: of amplitudes from 1 to 5 sigma, on sources of up to 3 sigma, the rise of those
/// that do not stand out is 1.8 to 2.4 times the root of the part that does, more than noise. What a third has of 3 to
/// 10 sigma gives 0 to 1.2.
///
/// @param alike  rise of the others from which all have it, in units of that root
bool is_on_some(double rise, double outlying, double alike);

/// Reads the source once. Good is what is not flagged, has weight, is finite and not 0.
/// Memory: 4 bytes per visibility of one spectral window. Deterministic whatever the number of threads.
ArrayPower measure_array_power(VisibilitySource& source, unsigned threads, const JobContext& context);

}  // namespace contimg::calibration
