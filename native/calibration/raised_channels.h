#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "calibration/window_amplitudes.h"

namespace contimg::calibration {

/// Whether what raises the power of a channel at all times is on all baselines, and not on some alone.
///
/// Of every baseline the mean over time of ln power is compared with that of neighboring channels. What all have moves
/// all of these differences, what some have only theirs: so the lower quartile of the differences is, in units of
/// their mean, where it is in channels that are not raised. All baselines move it by 1, a half of them by 0.3, a third
/// by 0.2 (0.4 where it is no more than 1.5 sigma).
///
/// @param channel    in the window
/// @param raised     of every channel of the window, 1 or 0: what is not compared with
/// @param baselines  cross-correlations
/// @return true too where nothing can be compared
bool is_on_all(const WindowAmplitudes& window, std::size_t pol, std::size_t channel,
               const std::vector<std::uint8_t>& raised, const std::vector<std::size_t>& baselines);

}  // namespace contimg::calibration
