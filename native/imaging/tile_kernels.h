#pragma once

#include <complex>
#include <cstddef>

#include "core/nd_view.h"
#include "imaging/uv_tiles.h"

namespace contimg::imaging {

/// One uv tile on kernel_w.width planes, with the margin into which kernels reach: per plane kTileRows rows, per row
/// first the real parts, then the imaginary ones.
inline constexpr std::size_t kTileRows = kTileSize + kMaxWidth;
inline constexpr std::size_t kTileColumns = kTileSize + kMaxWidth;
inline constexpr std::size_t kTilePlane = kTileRows * 2 * kTileColumns;  ///< floats

/// Adds the visibilities of an item, times their weights, to `tile`.
void spread_item(const GriddingPlan& plan, const TiledVisibilities& tiled, const TileItem& item,
                 NdView<const double, 1> freq_hz, NdView<const std::complex<float>, 2> visibilities,
                 NdView<const float, 2> weights, float* tile);

/// Sets the visibilities of an item that have a weight from `tile`: the adjoint of spread_item.
void interpolate_item(const GriddingPlan& plan, const TiledVisibilities& tiled, const TileItem& item,
                      NdView<const double, 1> freq_hz, const float* tile, NdView<const float, 2> weights,
                      NdView<std::complex<float>, 2> visibilities);

}  // namespace contimg::imaging
