#pragma once

#include <complex>
#include <cstddef>

#include "core/nd_view.h"
#include "imaging/uv_tiles.h"

namespace contimg::imaging {

/// One uv tile on kernel_w.width planes, with the margin into which kernels reach: per plane kRows rows, per row
/// first the real parts, then the imaginary ones.
template <typename T>
struct TileShape {
  static constexpr std::size_t kRows = kTileSize + kMaxWidthOf<T>, kColumns = kRows;
  static constexpr std::size_t kRow = 2 * kColumns, kPlane = kRows * kRow;  ///< values
};

/// Adds the visibilities of an item, times their weights, to `tile`.
template <typename T>
void spread_item(const GriddingPlan& plan, const TiledVisibilities& tiled, const TileItem& item,
                 NdView<const double, 1> freq_hz, NdView<const std::complex<T>, 2> visibilities,
                 NdView<const T, 2> weights, T* tile);

/// Sets the visibilities of an item that have a weight from `tile`: the adjoint of spread_item.
template <typename T>
void interpolate_item(const GriddingPlan& plan, const TiledVisibilities& tiled, const TileItem& item,
                      NdView<const double, 1> freq_hz, const T* tile, NdView<const T, 2> weights,
                      NdView<std::complex<T>, 2> visibilities);

}  // namespace contimg::imaging
