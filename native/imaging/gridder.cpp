#include "imaging/gridder.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "core/constants.h"
#include "core/error.h"
#include "imaging/band_nodes.h"
#include "imaging/gridding_plan.h"
#include "imaging/image_depth.h"
#include "imaging/phase_screens.h"
#include "imaging/resolution_doubler.h"
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
// An image whose pixels are finer than the visibilities need is made from one of half its resolution, whose planes hold
// a quarter of the cells: a full tile to 4096^2 pixels of 3 arcsec takes 2.3 s instead of 6.0 on one core.
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

/// An image of half the resolution that holds all that an image shows.
struct HalfResolution {
  ResolutionDoubler doubler;
  ImageGrid grid;
};

/// The highest frequency along an axis at which the plane waves of the visibilities wind in an image, cycles per
/// radian: of u l + w (n - 1), |u| + |w| l / n.
template <typename T>
double highest_frequency(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> weights,
                         const ImageGrid& grid) {
  const ImageDepth depth(grid);
  const double slope = depth.steepest();
  double highest_m = 0;
  for (std::size_t row = 0; row < uvw_m.size(); ++row) {
    const T* const begin = weights.data() + row * freq_hz.size();
    if (std::none_of(begin, begin + freq_hz.size(), [](T weight) { return weight > 0; })) continue;
    const Vec3& uvw = uvw_m(row);
    const double u = uvw.x + depth.slope_l() * uvw.z, v = uvw.y + depth.slope_m() * uvw.z;
    highest_m = std::max(highest_m, std::max(std::abs(u), std::abs(v)) + slope * std::abs(uvw.z));
  }
  return highest_m * *std::max_element(freq_hz.begin(), freq_hz.end()) / kSpeedOfLight;
}

/// None where it would not be above the horizon, not hold all, or not pay.
template <typename T>
std::optional<HalfResolution> half_resolution(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz,
                                              NdView<const T, 2> weights, const ImageGrid& grid, double epsilon) {
  const auto coarse = [&](std::size_t reach) -> ImageGrid {
    return {ResolutionDoubler::coarse_extent(grid.nx, reach), ResolutionDoubler::coarse_extent(grid.ny, reach),
            2 * grid.cell_rad, grid.l, grid.m};
  };
  const auto pays = [&](const ImageGrid& half) { return 2 * half.nx * half.ny <= grid.nx * grid.ny; };
  if (weights.empty() || !pays(coarse(1))) return {};
  const ImageGrid largest = coarse(ResolutionDoubler::kLongestReach);
  if (!is_above_horizon(largest)) return {};
  const double band = highest_frequency(uvw_m, freq_hz, weights, largest) * largest.cell_rad;
  // What it adds to the error of the gridding is not seen next to that.
  const auto doubler = ResolutionDoubler::of_band(band, epsilon / 20);
  if (!doubler || !pays(coarse(doubler->reach()))) return {};
  return HalfResolution{*doubler, coarse(doubler->reach())};
}

template <typename T>
void grid_as_is(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz,
                NdView<const std::complex<T>, 2> visibilities, NdView<const T, 2> weights, const ImageGrid& grid,
                const GridderOptions& options, NdView<T, 2> image, const JobContext& context) {
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
void degrid_as_is(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> image,
                  const ImageGrid& grid, const GridderOptions& options, NdView<const T, 2> weights,
                  NdView<std::complex<T>, 2> visibilities, const JobContext& context) {
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

}  // namespace

template <typename T>
void visibilities_to_image(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz,
                           NdView<const std::complex<T>, 2> visibilities, NdView<const T, 2> weights,
                           const ImageGrid& grid, const GridderOptions& options, NdView<T, 2> image,
                           const JobContext& context) {
  check_shapes<T>(image, visibilities, grid, weights);
  check_gridding(uvw_m, freq_hz, weights, grid, options);
  const auto half = half_resolution(uvw_m, freq_hz, weights, grid, options.epsilon);
  if (!half) return grid_as_is(uvw_m, freq_hz, visibilities, weights, grid, options, image, context);
  auto coarse = NdArray<T, 2>::uninitialized({half->grid.ny, half->grid.nx});
  visibilities_to_image<T>(uvw_m, freq_hz, visibilities, weights, half->grid, options, coarse.view(), context);
  half->doubler.template expand<T>(coarse.view(), image, options.threads);
}

template <typename T>
void image_to_visibilities(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> image,
                           const ImageGrid& grid, const GridderOptions& options, NdView<const T, 2> weights,
                           NdView<std::complex<T>, 2> visibilities, const JobContext& context) {
  check_shapes<T>(image, visibilities, grid, weights);
  check_gridding(uvw_m, freq_hz, weights, grid, options);
  const auto half = half_resolution(uvw_m, freq_hz, weights, grid, options.epsilon);
  if (!half) return degrid_as_is(uvw_m, freq_hz, image, grid, options, weights, visibilities, context);
  auto coarse = NdArray<T, 2>::uninitialized({half->grid.ny, half->grid.nx});
  half->doubler.template contract<T>(image, coarse.view(), options.threads);
  image_to_visibilities<T>(uvw_m, freq_hz, coarse.view(), half->grid, options, weights, visibilities, context);
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
