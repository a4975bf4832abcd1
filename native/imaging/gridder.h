#pragma once

#include <complex>
#include <cstddef>

#include "core/job_context.h"
#include "core/nd_view.h"
#include "core/vec3.h"

namespace contimg::imaging {

/// A regular grid of direction cosines: pixel (iy, ix) is at l = l0 - (ix - nx/2) cell, m = m0 + (iy - ny/2) cell.
/// Orientation: docs/conventions.md section 8.
struct ImageGrid {
  std::size_t nx = 0, ny = 0;  ///< even, >= 2
  double cell_rad = 0;         ///< in direction cosines, apparent
  double l = 0, m = 0;         ///< of the center pixel (ny/2, nx/2): others than 0 make a facet
  /// Others than 0 make a sheared image: what lies at (l, m) is shown at (l, m) + (shear_l, shear_m) depth, by the
  /// depth below the plane that touches the sphere at the center pixel, which is n - 1 but for facets.
  double shear_l = 0, shear_m = 0;
};

struct GridderOptions {
  double epsilon = 1e-5;  ///< relative rms error asked for, 1e-2 to 1e-6, or to 1e-12 in double precision
  unsigned threads = 0;   ///< 0: all
};

/// Visibilities to dirty image, w-correct, not normalized; T is float or double, and so is all arithmetic on values:
///
///   image(l, m) = sum_k weight_k Re[ V_k exp(+2 pi i nu/c (u (l - l0) + v (m - m0) + w (n - n0))) ]
///
/// where (l0, m0, n0) is the center pixel, (0, 0, 1) but for facets, which is where the visibilities are phased to. The
/// axes of u, v and w are those of l, m and n in any case, so that w points to l = m = 0.
///
/// @param uvw_m         (rows), metres
/// @param freq_hz       (channels)
/// @param visibilities  (rows, channels); not looked at where the weight is 0
/// @param weights       (rows, channels), >= 0, finite
/// @param image         (ny, nx), overwritten
/// @throws Error{INVALID_ARGUMENT} shapes that disagree, epsilon out of range, a grid that reaches the horizon, uvw or
///   visibilities that are not finite where the weight is > 0
/// Deterministic: the same bits for the same input, whatever the number of threads.
template <typename T>
void visibilities_to_image(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz,
                           NdView<const std::complex<T>, 2> visibilities, NdView<const T, 2> weights,
                           const ImageGrid& grid, const GridderOptions& options, NdView<T, 2> image,
                           const JobContext& context);

/// The point spread function of the above, not normalized: its image of visibilities that are 1.
template <typename T>
void weights_to_psf(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> weights,
                    const ImageGrid& grid, const GridderOptions& options, NdView<T, 2> psf, const JobContext& context);

/// Both in one pass: what they share, the plan, the sorting and the kernels' transforms, is done once. The same bits
/// as one by one.
template <typename T>
void visibilities_to_image_and_psf(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz,
                                   NdView<const std::complex<T>, 2> visibilities, NdView<const T, 2> weights,
                                   const ImageGrid& grid, const GridderOptions& options, NdView<T, 2> image,
                                   NdView<T, 2> psf, const JobContext& context);

/// Image to visibilities, the exact adjoint of the above with weights 1:
///
///   V_k = sum_{l,m} image(l, m) exp(-2 pi i nu/c (u (l - l0) + v (m - m0) + w (n - n0)))
///
/// @param weights       (rows, channels); V is left as it is where the weight is 0
/// @param visibilities  (rows, channels), overwritten where the weight is > 0
template <typename T>
void image_to_visibilities(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> image,
                           const ImageGrid& grid, const GridderOptions& options, NdView<const T, 2> weights,
                           NdView<std::complex<T>, 2> visibilities, const JobContext& context);

}  // namespace contimg::imaging
