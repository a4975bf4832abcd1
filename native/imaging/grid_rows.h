#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/band_cuts.h"
#include "core/nd_view.h"
#include "core/vec3.h"
#include "imaging/gridder.h"

namespace contimg::imaging {

/// Which points of a row are gridded, and where they lie: u, v and w of a point are these times its frequency. Points
/// are the frequencies of a cut of the band.
struct GridRow {
  double u_cells_per_hz = 0, v_cells_per_hz = 0;  ///< unwrapped grid cells; wavelengths until the grid is known
  double w_per_hz = 0;                            ///< wavelengths, >= 0
  IndexRange points;                              ///< of its cut, around all weights > 0; empty where there is none
  IndexRange channels;                            ///< likewise
  std::size_t first_value = 0;                    ///< point k of the row has value first_value + k
  std::uint32_t cut = 0;
  bool conjugate = false;  ///< the visibility is that of the opposite baseline
};

/// All rows of a gridding, and the cuts of the band that they use.
struct GridRows {
  std::vector<GridRow> rows;
  std::vector<BandCut> cuts;
  bool points_are_visibilities = false;  ///< every channel is a point: values are those of the visibilities
  std::size_t n_points = 0;              ///< of all rows
  std::size_t n_values = 0;              ///< at least as many
  double least_w = std::numeric_limits<double>::infinity(), largest_w = 0;  ///< of all points, wavelengths

  const std::vector<double>& points_hz(const GridRow& row) const { return cuts[row.cut].node_hz; }
};

/// Looks at all rows, turns them to w >= 0 and chooses their cuts.
/// @param epsilon  relative error that cuts may make
/// @throws Error{INVALID_ARGUMENT} uvw that are not finite, weights that are negative or not finite
template <typename T>
GridRows read_rows(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> weights,
                   const ImageGrid& image, double epsilon, unsigned threads);

/// Rows that are wanted at the nodes of given cuts alone, whatever channels these stand for: every node is a point.
GridRows rows_at_nodes(NdView<const Vec3, 1> uvw_m, const ImageGrid& image, std::vector<BandCut> cuts,
                       const std::vector<std::uint32_t>& cut_of_row);

}  // namespace contimg::imaging
