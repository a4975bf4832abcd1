#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/nd_view.h"
#include "imaging/gridding_plan.h"

namespace contimg::imaging {

/// Consecutive points of one row whose kernels start in the same uv tile and on the same w plane.
struct PointRun {
  std::uint32_t row = 0, first = 0, end = 0;
};

/// Runs of one tile and plane, at most about kItemPoints: what a thread does at a time.
struct TileItem {
  std::uint32_t plane = 0, tile_v = 0, tile_u = 0;
  std::size_t first_run = 0, end_run = 0;
};

/// Few enough that sums in single precision stay exact to 1e-6, many enough to pay for clearing and adding a tile.
inline constexpr std::size_t kItemPoints = 16384;

/// All points of a plan, sorted by plane, tile row, tile and row.
struct TiledPoints {
  std::vector<PointRun> runs;
  std::vector<TileItem> items;  ///< in the same order
};

/// Cuts rows into runs and sorts them. The order does not depend on `threads`.
TiledPoints sort_into_tiles(const GriddingPlan& plan, unsigned threads);

/// The tile of a cell position that is a whole number, on either side of 0.
inline std::int64_t tile_of_cell(double cell) { return static_cast<std::int64_t>(cell) >> 4; }
static_assert(kTileSize == 16);

}  // namespace contimg::imaging
