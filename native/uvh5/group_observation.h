#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/observation.h"
#include "uvh5/subband_layout.h"
#include "uvh5/uvh5_header.h"

namespace contimg {

/// What a group of files of one observation describes, each integration at its own meridian phase center, with one
/// spectral window per subband, missing ones included.
///
/// @param headers  ascending in frequency, checked to be of one observation
/// @param slots    where their channels stand
Observation observation_of_group(const std::vector<Uvh5Header>& headers, const std::vector<SubbandSlot>& slots,
                                 const EarthOrientation& orientation);

}  // namespace contimg
