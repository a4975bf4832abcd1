#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/observation.h"
#include "uvh5/hdf5_file.h"

namespace contimg {

/// How the rows of a UVH5 file are phased.
struct Phasing {
  bool unprojected = false;                   ///< no delay is taken off: phased to nothing
  std::vector<std::int64_t> center_of_row;    ///< into centers; empty where unprojected
  std::map<std::int64_t, Direction> centers;  ///< ICRS
};

/// Reads phase_center_catalog (UVH5 1.1 and later), or phase_type and phase_center_ra, phase_center_dec (before).
/// phase_type drift, and unknown, are unprojected, as pyuvdata takes them; the uvw_array has to bear that out.
/// Threads: call under hdf5_lock().
/// @throws Error{UVH5_FORMAT} for centers that are not fixed to the sky: near-field, ephemeris, drift scan; for frames
///         other than ICRS and FK5 of J2000; for a file some of whose rows only are unprojected
Phasing read_phasing(const Hdf5File& file, std::size_t n_rows);

}  // namespace contimg
