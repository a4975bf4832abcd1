#pragma once

#include <cstddef>
#include <vector>

#include "core/nd_view.h"
#include "core/vec3.h"
#include "imaging/grid_rows.h"
#include "imaging/gridder.h"
#include "imaging/gridding_kernel.h"

namespace contimg::imaging {

inline constexpr int kTileSize = 16;  ///< cells of a uv tile, in u and in v

/// Everything about a gridding that follows from its geometry and accuracy: points, grids, planes and kernels.
///
/// The half space w >= 0 is cut into planes w_of_plane(p); a point is gridded onto kernel_w.width of them, and
/// each plane is transformed and multiplied by its screen exp(2 pi i w (depth + w_shift)), where the depth is n - 1, or
/// what ImageDepth has in its place. The shift, taken off the points again, centers the band: depth + w_shift is within
/// +- w_shift, and planes can lie twice as far apart.
struct GriddingPlan {
  ImageGrid image;
  std::size_t nu = 0, nv = 0;  ///< cells of the uv grid, multiples of kTileSize
  std::size_t n_planes = 0;
  double first_w = 0, w_step = 0;  ///< wavelengths
  double w_shift = 0;              ///< half the largest depth in the image
  GriddingKernel kernel_uv, kernel_w;
  GridRows rows;

  double w_of_plane(std::size_t plane) const { return first_w + static_cast<double>(plane) * w_step; }
  /// Position on the plane axis, >= kernel_w.width / 2 - 1/2.
  double plane_position(double w) const { return (w - first_w) / w_step; }
  std::size_t n_tiles_u() const { return nu / kTileSize; }
  std::size_t n_tiles_v() const { return nv / kTileSize; }
};

/// @throws Error{INVALID_ARGUMENT} shapes that disagree, an image of odd size or beyond the horizon, epsilon out of
///   range, frequencies that are not finite
template <typename T>
void check_gridding(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> weights,
                    const ImageGrid& image, const GridderOptions& options);

/// The plan of a gridding in the precision T of its values, float or double.
/// @throws Error{INVALID_ARGUMENT} as check_gridding(), and for uvw that are not finite, weights that are negative or
///   not finite
template <typename T>
GriddingPlan plan_gridding(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> weights,
                           const ImageGrid& image, const GridderOptions& options);

/// The same for rows that were read already, with u, v and w in wavelengths per Hz.
template <typename T>
GriddingPlan plan_of_rows(GridRows rows, const ImageGrid& image, const GridderOptions& options);

/// What gridding by a plan, or degridding, takes on one core, about.
double seconds(const GriddingPlan& plan);

}  // namespace contimg::imaging
