#pragma once

#include "core/observation.h"

namespace contimg {

/// The phase center of a tile unless another is asked for: where the dishes look in the middle of the observation.
///
/// For a transit array (pointing at HA = 0) it is the meridian position, at the declination of the first integration,
/// at the mean of the first and the last integration's time; for an array that tracks, the mean pointing.
///
/// @throws Error{NO_VALID_DATA} no integration
Direction tile_center(const Observation& observation);

/// The mean of the first and the last integration's time, UTC, MJD seconds.
double mid_time_mjd_s(const Observation& observation);

}  // namespace contimg
