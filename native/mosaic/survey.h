#pragma once

#include <vector>

#include "core/job_context.h"
#include "mosaic/mosaic_tile.h"

namespace contimg::mosaic {

/// What there is to know of a tile before it goes into a mosaic.
struct TileSurvey {
  /// Around the part where A reaches the cut-off: the corners of its convex hull on the tile's pixels, and points of
  /// its edges at most 8 pixels apart. Its extent in any projection is theirs.
  std::vector<Direction> outline;
  std::size_t counting = 0;  ///< pixels where it does and the image has a value
  double beam_peak = 0;      ///< largest A
  /// Noise there, Jy/beam: of the noise map the median, without one 1.4826 times the median deviation of I from its
  /// median; NaN without pixels, or not asked for.
  double rms = 0;
  double peak = 0;  ///< largest I there, Jy/beam; NaN without pixels
};

/// Looks at every pixel of the primary beam and the image, in strips; the rms is that of at most some 300 000 pixels,
/// of them those of the noise map that are positive numbers.
///
/// @param measures_rms  or leaves it NaN
/// @throws Error{INVALID_ARGUMENT} see check_tile; whatever the sources throw; Cancelled
TileSurvey survey_tile(const MosaicTile& tile, double cutoff, bool measures_rms, unsigned threads,
                       const JobContext& context);

}  // namespace contimg::mosaic
