#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/nd_view.h"
#include "imaging/gridding_plan.h"

namespace contimg::imaging {

/// Consecutive channels of one row whose kernels start in the same uv tile and on the same w plane.
struct VisibilityRun {
  std::uint32_t row = 0, first_channel = 0, end_channel = 0;
};

/// Runs of one tile and plane, at most about kItemVisibilities: what a thread does at a time.
struct TileItem {
  std::uint32_t plane = 0, tile_v = 0, tile_u = 0;
  std::size_t first_run = 0, end_run = 0;
};

/// Few enough that sums in single precision stay exact to 1e-6, many enough to pay for clearing and adding a tile.
inline constexpr std::size_t kItemVisibilities = 16384;

/// All visibilities of a plan, sorted by plane, tile row, tile and row.
struct TiledVisibilities {
  std::vector<VisibilityRun> runs;
  std::vector<TileItem> items;  ///< in the same order
};

/// Cuts rows into runs and sorts them. The order does not depend on `threads`.
TiledVisibilities sort_into_tiles(const GriddingPlan& plan, NdView<const double, 1> freq_hz, unsigned threads);

/// The tile of a cell position that is a whole number, on either side of 0.
inline std::int64_t tile_of_cell(double cell) { return static_cast<std::int64_t>(cell) >> 4; }
static_assert(kTileSize == 16);

}  // namespace contimg::imaging
