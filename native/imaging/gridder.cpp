#include "imaging/gridder.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"
#include "imaging/band_nodes.h"
#include "imaging/gridding_plan.h"
#include "imaging/phase_screens.h"
#include "imaging/uv_planes.h"
#include "imaging/uv_tiles.h"

// Improved w-stacking (Arras et al. 2021, A&A 646, A58) with least-misfit kernels (Ye et al. 2022):
//
//   1. plan: the cheapest points, grid, planes and kernels that keep to epsilon; baselines turned to w >= 0
//   2. gather: the channels of every row onto its points, where these are fewer (band_cuts.cpp)
//   3. sort: rows cut into runs of points that share a uv tile and a starting plane; runs sorted
//   4. for each starting plane, upwards: points onto kernel_w.width uv grids at once, tile by tile; then the
//      lowest of these planes is complete: FFT, times its phase screen, added to the image
//   5. the image is divided by the kernels' transforms
//
// Degridding runs the same steps backwards and is the exact adjoint but for rounding.
namespace contimg::imaging {
namespace {

template <typename T, typename Image, typename Visibilities>
void check_shapes(const Image& image, const Visibilities& visibilities, const ImageGrid& grid,
                  NdView<const T, 2> weights) {
  const auto text = [](std::size_t a, std::size_t b) { return std::to_string(a) + " x " + std::to_string(b); };
  if (image.shape(0) != grid.ny || image.shape(1) != grid.nx)
    throw Error(code::kInvalidArgument, "Expected an image of " + text(grid.ny, grid.nx) + " but received " +
                                            text(image.shape(0), image.shape(1)));
  if (visibilities.shape() != weights.shape())
    throw Error(code::kInvalidArgument, "Expected visibilities of the shape of the weights, " +
                                            text(weights.shape(0), weights.shape(1)) + ", but received " +
                                            text(visibilities.shape(0), visibilities.shape(1)));
}

/// Names the visibility that is to blame for an image that is not finite: one such value spreads over every pixel, so
/// that looking at one of these is enough to know.
template <typename T>
[[noreturn]] void refuse_values(NdView<const std::complex<T>, 2> visibilities, NdView<const T, 2> weights) {
  for (std::size_t row = 0; row < weights.shape(0); ++row)
    for (std::size_t channel = 0; channel < weights.shape(1); ++channel) {
      const std::complex<T> value = visibilities(row, channel);
      if (weights(row, channel) > 0 && !(std::isfinite(value.real()) && std::isfinite(value.imag())))
        throw Error(code::kInvalidArgument, "Expected visibilities to be finite but that of row " +
                                                std::to_string(row) + ", channel " + std::to_string(channel) + " is (" +
                                                std::to_string(value.real()) + ", " + std::to_string(value.imag()) +
                                                "). Give such visibilities weight 0");
    }
  throw Error(code::kInvalidArgument, "Expected visibilities and weights whose products and sums are finite");
}

}  // namespace

template <typename T>
void visibilities_to_image(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz,
                           NdView<const std::complex<T>, 2> visibilities, NdView<const T, 2> weights,
                           const ImageGrid& grid, const GridderOptions& options, NdView<T, 2> image,
                           const JobContext& context) {
  check_shapes<T>(image, visibilities, grid, weights);
  const GriddingPlan plan = plan_gridding<T>(uvw_m, freq_hz, weights, grid, options);
  std::fill(image.begin(), image.end(), T(0));
  context.checkpoint(0);
  if (plan.rows.n_points == 0) return;
  const bool as_they_are = plan.rows.points_are_visibilities;
  NdArray<std::complex<T>, 1> nodes;
  if (!as_they_are) nodes = BandNodes<T>(plan.rows, freq_hz, options.threads).gather(visibilities, weights, context);
  const std::complex<T>* const values = as_they_are ? visibilities.data() : nodes.data();
  const T* const value_weights = as_they_are ? weights.data() : nullptr;
  const TiledPoints tiled = sort_into_tiles(plan, options.threads);
  const PhaseScreens<T> screens(plan, options.threads);
  UvPlanes<T> planes(plan, tiled, options.threads);
  const std::size_t window = plan.kernel_w.width;
  for (std::size_t plane = 0; plane + 1 < window; ++plane) planes.clear(plane);
  for (std::size_t plane = 0; plane < plan.n_planes; ++plane) {
    context.checkpoint(static_cast<double>(plane) / plan.n_planes);
    if (plane + window <= plan.n_planes) {
      if (planes.used(plane + window - 1)) planes.clear(plane + window - 1);
      planes.add_points(plane, values, value_weights, context);
    }
    if (!planes.used(plane)) continue;
    planes.to_image(plane, [&](std::size_t x, NdView<std::complex<T>, 2> columns) {
      screens.accumulate(columns, plan.w_of_plane(plane), x, image);
    });
  }
  screens.correct(image);
  if (!std::isfinite(image(grid.ny / 2, grid.nx / 2))) refuse_values(visibilities, weights);
  context.checkpoint(1);
}

template <typename T>
void image_to_visibilities(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> image,
                           const ImageGrid& grid, const GridderOptions& options, NdView<const T, 2> weights,
                           NdView<std::complex<T>, 2> visibilities, const JobContext& context) {
  check_shapes<T>(image, visibilities, grid, weights);
  const GriddingPlan plan = plan_gridding<T>(uvw_m, freq_hz, weights, grid, options);
  context.checkpoint(0);
  if (plan.rows.n_points == 0) return;
  const bool as_they_are = plan.rows.points_are_visibilities;
  NdArray<std::complex<T>, 1> nodes;
  if (!as_they_are) nodes = NdArray<std::complex<T>, 1>::uninitialized({plan.rows.n_values});
  std::complex<T>* const values = as_they_are ? visibilities.data() : nodes.data();
  const TiledPoints tiled = sort_into_tiles(plan, options.threads);
  const PhaseScreens<T> screens(plan, options.threads);
  NdArray<T, 2> corrected = NdArray<T, 2>::uninitialized({grid.ny, grid.nx});
  std::copy(image.begin(), image.end(), corrected.begin());
  screens.correct(corrected.view());
  UvPlanes<T> planes(plan, tiled, options.threads);
  const std::size_t reach = plan.kernel_w.width - 1;
  for (std::size_t plane = 0; plane < plan.n_planes; ++plane) {
    context.checkpoint(static_cast<double>(plane) / plan.n_planes);
    if (planes.used(plane))
      planes.from_image(plane, [&](std::size_t x, NdView<std::complex<T>, 2> columns) {
        screens.spread(corrected.view(), plan.w_of_plane(plane), x, columns);
      });
    if (plane >= reach) planes.get_points(plane - reach, as_they_are ? weights.data() : nullptr, values, context);
  }
  if (!as_they_are) BandNodes<T>(plan.rows, freq_hz, options.threads).expand(values, weights, visibilities, context);
  context.checkpoint(1);
}

#define CONTIMG_INSTANTIATE(T)                                                                                \
  template void visibilities_to_image(NdView<const Vec3, 1>, NdView<const double, 1>,                         \
                                      NdView<const std::complex<T>, 2>, NdView<const T, 2>, const ImageGrid&, \
                                      const GridderOptions&, NdView<T, 2>, const JobContext&);                \
  template void image_to_visibilities(NdView<const Vec3, 1>, NdView<const double, 1>, NdView<const T, 2>,     \
                                      const ImageGrid&, const GridderOptions&, NdView<const T, 2>,            \
                                      NdView<std::complex<T>, 2>, const JobContext&);
CONTIMG_INSTANTIATE(float)
CONTIMG_INSTANTIATE(double)

}  // namespace contimg::imaging
