#pragma once

#include <vector>

#include "core/job_context.h"
#include "mosaic/block_combiner.h"
#include "mosaic/mosaic_tile.h"

/// Linear mosaicking (Sault, Staveley-Smith & Brouw 1996, A&AS 120, 375). A tile's image is I = A S + noise of rms
/// sigma, with the sky S and the tile's own primary beam A; the estimate of S with the least noise is
///
///   mosaic = sum(A I / sigma^2) / weight,  weight = sum(A^2 / sigma^2),  rms = 1 / sqrt(weight)
///
/// The mosaic is made block by block: for each block, every tile that lies there is read and sampled over that block
/// alone. So memory is some blocks for each thread and some rows of each product, whatever the number and size of
/// tiles.
namespace contimg::mosaic {

struct LinmosOptions {
  SamplingOptions sampling;
  Rejection rejection;
  bool compare_tiles = false;  ///< fill in what TileResult says of agreement
  unsigned threads = 0;
};

/// Where the products go; null where one is not wanted. All on the output's pixels.
struct MosaicSinks {
  PixelSink* mosaic = nullptr;      ///< Jy/beam, NaN where no tile counts
  PixelSink* weight = nullptr;      ///< (beam / Jy)^2, 0 where no tile counts
  PixelSink* rms = nullptr;         ///< Jy/beam, NaN where no tile counts
  PixelSink* coverage = nullptr;    ///< number of tiles that count
  PixelSink* chi_square = nullptr;  ///< of the tiles about the mosaic, per degree of freedom; NaN where fewer than two
};

/// Makes a mosaic. The sinks get every row once, in blocks of rows, in ascending order.
///
/// @return one result per tile, in their order
/// @throws Error{INVALID_ARGUMENT} see check_tile; whatever sources and sinks throw; Cancelled
/// Deterministic whatever the number of threads.  Cost: O(sum of the tiles' footprints).
std::vector<TileResult> make_mosaic(const std::vector<MosaicTile>& tiles, const CelestialGrid& output,
                                    const LinmosOptions& options, const MosaicSinks& sinks, const JobContext& context);

}  // namespace contimg::mosaic
