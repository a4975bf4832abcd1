#pragma once

#include <optional>

#include "core/observation.h"
#include "uvh5/uvh5_writer.h"

namespace contimg {

/// An observation in contimg's orders and signs as a UVH5 file holds it: with antennas relative to the site, conjugate,
/// and in the dsa110 layout with descending channels and uvw of date. Data arrays, and texts, are left to the caller.
///
/// @param spw      the one spectral window to write; all where nothing is given
/// @param has_ut1  whether the observation's Earth orientation is more than a default: only then is the sidereal time
///                 given, since UT1-UTC = 0 may put it off by up to 0.9 s
/// @throws Error{INVALID_ARGUMENT} no such window; dsa110: an integration that is not phased to the meridian, at one
/// declination
Uvh5Content content_of_observation(const Observation& observation, Uvh5Layout layout, std::optional<std::size_t> spw,
                                   bool has_ut1);

}  // namespace contimg
