#pragma once

#include "core/job_context.h"
#include "core/nd_array.h"
#include "mosaic/resample.h"
#include "mosaic/sin_grid.h"

/// Linear mosaicking (Sault, Staveley-Smith & Brouw 1996, A&AS 120, 375). A tile's image is I = A S + noise of rms
/// sigma everywhere, with the sky S and the tile's own primary beam A; the estimate of S with the least noise is
///
///   mosaic = numerator / weight,  numerator = sum A I / sigma^2,  weight = sum A^2 / sigma^2,  rms = 1 / sqrt(weight)
///
/// The tiles are added one at a time, so memory is the accumulators and one tile.
namespace contimg::mosaic {

struct Tile {
  NdView<const float, 2> image;         ///< (ny, nx) Jy/beam, not divided by the primary beam; NaN where no value
  NdView<const float, 2> primary_beam;  ///< (ny, nx) power response A, 1 at the pointing
  SinGrid grid;                         ///< of both
  double sigma = 0;                     ///< rms noise of `image`, Jy/beam, > 0
};

/// Sums over the tiles so far, all (ny, nx) of the output grid.
struct Accumulators {
  NdView<double, 2> numerator;  ///< beam / Jy
  NdView<double, 2> weight;     ///< (beam / Jy)^2
  NdView<float, 2> coverage;    ///< number of tiles
};

struct LinmosOptions {
  double cutoff = 0.1;  ///< a tile counts where A >= cutoff
  Kernel kernel = Kernel::kOptimal;
  unsigned threads = 0;
};

/// Adds one tile: its image interpolated with options.kernel, its primary beam, which is smooth, bilinearly.
///
/// @return how many output pixels it contributed to; 0 where it lies outside
/// @throws Error{INVALID_ARGUMENT} shapes that disagree, sigma not > 0; Cancelled
/// Deterministic whatever the number of threads.  Cost: O(footprint), no allocation beyond some rows.
std::size_t add_tile(const Tile& tile, const SinGrid& output, const LinmosOptions& options,
                     const Accumulators& accumulators, const JobContext& context);

struct Mosaic {
  NdArray<float, 2> mosaic;  ///< (ny, nx) Jy/beam, NaN where no tile counts
  NdArray<float, 2> weight;  ///< (ny, nx) (beam / Jy)^2
  NdArray<float, 2> rms;     ///< (ny, nx) Jy/beam, NaN where no tile counts
};

/// Divides numerator by weight.
Mosaic finish(NdView<const double, 2> numerator, NdView<const double, 2> weight);

}  // namespace contimg::mosaic
