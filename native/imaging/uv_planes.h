#pragma once

#include <complex>
#include <vector>

#include "core/fft.h"
#include "core/job_context.h"
#include "core/nd_array.h"
#include "core/nd_view.h"
#include "imaging/tile_kernels.h"

namespace contimg::imaging {

/// The uv tiles along one axis that points reach, margins included. A grid holds these alone, in their order: an
/// array that is small against its field of view fills a third of each axis or less.
class UsedTiles {
 public:
  /// @param reached  per tile of the axis
  explicit UsedTiles(const std::vector<bool>& reached);

  std::size_t size() const { return tiles_.size(); }
  std::size_t n_cells() const { return size() * kTileSize; }
  std::size_t tile(std::size_t index) const { return tiles_[index]; }
  std::size_t index(std::size_t tile) const { return indices_[tile]; }
  /// Cells of the axis.
  std::vector<IndexRange> cells() const;

 private:
  std::vector<std::size_t> tiles_, indices_;
};

/// The w planes that kernels of one starting plane reach: a window of kernel_w.width uv grids that moves up in w.
template <typename T>
class UvPlanes {
 public:
  UvPlanes(const GriddingPlan& plan, const TiledPoints& tiled, unsigned threads);

  /// Items of one starting plane: indices into tiled.items.
  IndexRange items_of_plane(std::size_t plane) const;
  /// Whether any item reaches the plane.
  bool used(std::size_t plane) const;

  void clear(std::size_t plane);

  /// Adds points that start on `plane` to the window, see spread_item. The same bits whatever the number of threads.
  void add_points(std::size_t plane, const std::complex<T>* values, const T* weights, const JobContext& context);
  /// Computes points that start on `plane` from the window, see interpolate_item.
  void get_points(std::size_t plane, const T* weights, std::complex<T>* values, const JobContext& context);

  /// Transforms the plane to its image and hands it on by columns: see PhaseScreens.
  void to_image(std::size_t plane, const ColumnsBody<T>& take);
  /// Sets the plane from the image that `give` fills in by columns.
  void from_image(std::size_t plane, const ColumnsBody<T>& give);

 private:
  NdView<std::complex<T>, 2> grid(std::size_t plane) { return grids_[plane % grids_.size()].view(); }
  void add_tiles(std::size_t plane, IndexRange items);
  void add_strip(std::size_t plane, std::size_t strip, int layer, IndexRange items);
  void load_tile(const TileItem& item, T* tile);

  const GriddingPlan& plan_;
  const TiledPoints& tiled_;
  unsigned threads_;
  UsedTiles used_v_, used_u_;
  std::vector<NdArray<std::complex<T>, 2>> grids_;  ///< used cells; plane p is in p modulo their number
  NdArray<T, 1> tiles_;                             ///< of a batch of items
  std::vector<std::size_t> first_item_;             ///< per starting plane, and one past the last
  std::vector<IndexRange> columns_, rows_;          ///< of the image, on the axes of the grid
  NdArray<std::complex<T>, 2> half_;                ///< transformed along u only: (used v, nx)
};

}  // namespace contimg::imaging
