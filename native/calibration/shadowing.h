#pragma once

#include <cstdint>

#include "core/nd_array.h"
#include "core/observation.h"

namespace contimg::calibration {

/// Which antennas look through another's dish, (integrations, antennas), 1: shadowed. Seen from the phase center two
/// dishes overlap where their distance on the sky is less than the mean of their diameters; the one behind is shadowed.
NdArray<std::uint8_t, 2> find_shadowed(const Observation& observation);

}  // namespace contimg::calibration
