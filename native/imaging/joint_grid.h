#pragma once

#include <cstddef>
#include <vector>

#include "imaging/primary_beam.h"
#include "imaging/tile_imager.h"

namespace contimg::imaging {

/// Where a tile of a joint mosaic looks.
struct JointField {
  Direction center;
  AveragedResponse response;  ///< about the center, as if all visibilities were there
};

JointField field_of(const Observation& observation, const TileOptions& options);

/// Frequencies of the channels that are imaged.
/// @throws Error{INVALID_ARGUMENT} channels that there are not
std::vector<double> channels_of(const Observation& observation, const TileOptions& options);

/// The pixels of one tile of a joint mosaic: some of the mosaic's own, and what the FFT adds around them.
struct JointWindow {
  SkyGrid facet;
  std::ptrdiff_t x = 0, y = 0;  ///< of the facet's first pixel in the mosaic; may lie beyond it
};

struct JointGrid {
  SkyGrid mosaic;
  std::vector<JointWindow> windows;  ///< per field
};

/// The smallest grid about the fields' mean direction that shows all of them down to `level` of their responses, as
/// facets of which it is made.
///
/// @throws Error{MOSAIC} fields further apart than 30 degrees from their mean, or a mosaic of more than `max_pixels`
JointGrid plan_joint_grid(const std::vector<JointField>& fields, double level, double cell_rad, std::size_t max_pixels);

}  // namespace contimg::imaging
