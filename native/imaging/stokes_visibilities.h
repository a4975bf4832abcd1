#pragma once

#include <complex>
#include <cstdint>
#include <vector>

#include "core/job_context.h"
#include "core/nd_array.h"
#include "core/visibility_source.h"

namespace contimg::imaging {

/// Stokes I of the cross-correlations of an observation, moved to one phase center.
struct StokesVisibilities {
  NdArray<Vec3, 1> uvw_m;                        ///< (rows), for the phase center
  NdArray<std::complex<float>, 2> visibilities;  ///< (rows, channels); 0 where the weight is 0
  NdArray<float, 2> weights;                     ///< (rows, channels), >= 0, finite; every row has a weight > 0
  std::vector<std::uint32_t> time_index;         ///< per row, into Observation::time_mjd_s
  std::size_t n_used = 0;                        ///< visibilities with a weight > 0
};

/// Reads a whole observation once. Autocorrelations, flagged and non-finite visibilities get weight 0; rows without any
/// weight are dropped. Stokes I and its weight: docs/conventions.md section 3. Data that hold I itself are taken as it.
///
/// @throws Error{NO_VALID_DATA} no visibility is left, or the polarizations do not give Stokes I
/// Memory: 12 bytes per row and channel. Deterministic.
StokesVisibilities gather_stokes_i(VisibilitySource& source, const Direction& phase_center, unsigned threads,
                                   const JobContext& context);

}  // namespace contimg::imaging
