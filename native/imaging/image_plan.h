#pragma once

#include <vector>

#include "core/job_context.h"
#include "imaging/primary_beam.h"
#include "imaging/restoring_beam.h"
#include "imaging/stokes_visibilities.h"
#include "imaging/weighting.h"

namespace contimg::imaging {

/// Half extents of a field in direction cosines.
struct FieldExtent {
  double l = 0, m = 0;
};

/// Where the effective response of a tile (see tile_primary_beam) falls to `level`, along both axes from the center.
FieldExtent field_of_beam(const BandAveragedBeam& beam, const std::vector<Direction>& pointing,
                          const std::vector<double>& weights, const Direction& center, double level);

/// The beam that an image of this field with this weighting has, from the PSF of a sample of the visibilities. The uv
/// density is that of all of them, on the uv cells of the field: 1 / (2 extent) wavelengths.
///
/// @throws Error{NO_VALID_DATA} the visibilities do not make a beam
RestoringBeam estimate_beam(const StokesVisibilities& data, FieldExtent field, const Weighting& weighting,
                            unsigned threads, const JobContext& context);

/// Cell for five pixels per minor axis of the beam, rounded down to two significant digits of an arcsecond.
double cell_for_beam(const RestoringBeam& beam);

/// That for estimate_beam(), in ICRS.
/// @param aberration  apparent / ICRS angles
double plan_cell(const StokesVisibilities& data, FieldExtent field, double aberration, const Weighting& weighting,
                 unsigned threads, const JobContext& context);

/// The smallest even number >= `n` with no prime factor above 7: FFTs of it are fast.
std::size_t fft_size(std::size_t n);

}  // namespace contimg::imaging
