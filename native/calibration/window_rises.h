#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/nd_view.h"

namespace contimg::calibration {

/// Channels [begin, end) of a spectral window.
struct Window {
  std::size_t begin, end;
};

std::vector<Window> windows_of(const std::vector<std::size_t>& first_channel, std::size_t n_channels);

/// Interference of whole windows at single times. What the channels of a window do together is smooth, as sources drift
/// through the beam; where it rises from 5 sigma, in one window or in 2, 4 or 8 neighbors together, all its channels
/// are flagged, unless only some baselines rise. The smooth rest is taken off.
///
/// @param outlying  (times, channels), of ArrayPower
/// @param rest      likewise, ln power less the level of its channel; without what windows do together afterwards
/// @param flags     likewise, 0: good; what is found is set to `mark`
void flag_rises_of_windows(const std::vector<Window>& windows, NdView<const float, 2> outlying, std::uint8_t mark,
                           NdView<float, 2> rest, NdView<std::uint8_t, 2> flags);

}  // namespace contimg::calibration
