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

/// Adds the values of an item's points to `tile`.
/// @param weights  that multiply values: points of weight 0 are left out, and their values not looked at; null for 1
template <typename T>
void spread_item(const GriddingPlan& plan, const TiledPoints& tiled, const TileItem& item,
                 const std::complex<T>* values, const T* weights, T* tile);

/// Sets the values of an item's points from `tile`: the adjoint of spread_item but for weights.
/// @param weights  values of weight 0 are left as they are; null for 1
template <typename T>
void interpolate_item(const GriddingPlan& plan, const TiledPoints& tiled, const TileItem& item, const T* tile,
                      const T* weights, std::complex<T>* values);

}  // namespace contimg::imaging
