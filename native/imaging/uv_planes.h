#pragma once

#include <complex>
#include <vector>

#include "core/fft.h"
#include "core/job_context.h"
#include "core/nd_array.h"
#include "core/nd_view.h"
#include "imaging/tile_kernels.h"

namespace contimg::imaging {

/// The w planes that kernels of one starting plane reach: a window of kernel_w.width uv grids that moves up in w.
class UvPlanes {
 public:
  UvPlanes(const GriddingPlan& plan, const TiledVisibilities& tiled, unsigned threads);

  /// Items of one starting plane: indices into tiled.items.
  IndexRange items_of_plane(std::size_t plane) const;
  /// Whether any item reaches the plane.
  bool used(std::size_t plane) const;

  /// The grid of a plane in the window, (nv, nu).
  NdView<std::complex<float>, 2> grid(std::size_t plane);
  void clear(std::size_t plane);

  /// Adds visibilities that start on `plane` to the window. The same bits whatever the number of threads.
  void add_visibilities(std::size_t plane, NdView<const double, 1> freq_hz,
                        NdView<const std::complex<float>, 2> visibilities, NdView<const float, 2> weights,
                        const JobContext& context);
  /// Computes visibilities that start on `plane` from the window.
  void get_visibilities(std::size_t plane, NdView<const double, 1> freq_hz, NdView<const float, 2> weights,
                        NdView<std::complex<float>, 2> visibilities, const JobContext& context);

  /// uv to image: only the image's columns are right afterwards.
  void transform_to_image(std::size_t plane);
  /// Image to uv: only the rows that visibilities reach are right afterwards.
  void transform_to_uv(std::size_t plane);

 private:
  void add_tiles(std::size_t plane, IndexRange items, const std::vector<float>& tiles);
  void add_strip(std::size_t plane, std::size_t strip, int layer, IndexRange items, const std::vector<float>& tiles);
  void load_tile(const TileItem& item, float* tile);

  const GriddingPlan& plan_;
  const TiledVisibilities& tiled_;
  unsigned threads_;
  std::vector<NdArray<std::complex<float>, 2>> grids_;  ///< plane p is in p modulo their number
  std::vector<std::size_t> first_item_;                 ///< per starting plane, and one past the last
  std::vector<IndexRange> used_rows_, image_columns_;
};

}  // namespace contimg::imaging
