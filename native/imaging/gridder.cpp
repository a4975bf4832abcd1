#include "imaging/gridder.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "core/constants.h"
#include "core/error.h"
#include "imaging/band_nodes.h"
#include "imaging/degrid_points.h"
#include "imaging/gridded_image.h"
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
void check_finite(NdView<const T, 2> image, NdView<const std::complex<T>, 2> visibilities, NdView<const T, 2> weights) {
  if (std::isfinite(image(image.shape(0) / 2, image.shape(1) / 2))) return;
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

template <typename T>
void check_pixels(NdView<const T, 2> image) {
  const auto bad = std::find_if_not(image.begin(), image.end(), [](T pixel) { return std::isfinite(pixel); });
  if (bad == image.end()) return;
  const std::size_t pixel = bad - image.begin();
  throw Error(code::kInvalidArgument, "Expected an image of finite pixels but that of row " +
                                          std::to_string(pixel / image.shape(1)) + ", column " +
                                          std::to_string(pixel % image.shape(1)) + " is " + std::to_string(*bad) +
                                          ". Make blank pixels 0");
}

/// What is gridded, and the image that it makes.
template <typename T>
struct Gridded {
  const std::complex<T>* visibilities;  ///< (rows, channels), or null for visibilities that are 1
  NdView<T, 2> image;
};

/// The uv planes of one image, and the values of its points.
template <typename T>
struct GriddedPoints {
  GriddedPoints(const Gridded<T>& gridded, const GriddingPlan& plan, const TiledPoints& tiled, unsigned threads)
      : image(gridded.image), planes(plan, tiled, threads) {}

  NdView<T, 2> image;
  NdArray<std::complex<T>, 1> nodes;
  const std::complex<T>* values = nullptr;
  const T* weights = nullptr;
  UvPlanes<T> planes;
};

template <typename T>
void grid_as_is(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> weights,
                const ImageGrid& grid, const GridderOptions& options, const std::vector<Gridded<T>>& all,
                const JobContext& context) {
  const GriddingPlan plan = plan_gridding<T>(uvw_m, freq_hz, weights, grid, options);
  for (const auto& [visibilities, image] : all) std::fill(image.begin(), image.end(), T(0));
  context.checkpoint(0);
  if (plan.rows.n_points == 0) return;
  const TiledPoints tiled = sort_into_tiles(plan, options.threads);
  const PhaseScreens<T> screens(plan, options.threads);
  const BandNodes<T> band(plan.rows, freq_hz, options.threads);
  std::deque<GriddedPoints<T>> points;
  for (const Gridded<T>& gridded : all) {
    GriddedPoints<T>& added = points.emplace_back(gridded, plan, tiled, options.threads);
    const bool as_they_are = plan.rows.points_are_visibilities && gridded.visibilities;
    if (!as_they_are) added.nodes = band.gather(gridded.visibilities, weights, context);
    added.values = as_they_are ? gridded.visibilities : added.nodes.data();
    added.weights = as_they_are ? weights.data() : nullptr;
  }
  const std::size_t window = plan.kernel_w.width;
  for (auto& [image, nodes, values, value_weights, planes] : points)
    for (std::size_t plane = 0; plane + 1 < window; ++plane) planes.clear(plane);
  for (std::size_t plane = 0; plane < plan.n_planes; ++plane) {
    context.checkpoint(static_cast<double>(plane) / plan.n_planes);
    for (GriddedPoints<T>& one : points) {
      if (plane + window <= plan.n_planes) {
        if (one.planes.used(plane + window - 1)) one.planes.clear(plane + window - 1);
        one.planes.add_points(plane, one.values, one.weights, context);
      }
      if (!one.planes.used(plane)) continue;
      one.planes.to_image(plane, [&](std::size_t x, NdView<std::complex<T>, 2> columns) {
        screens.accumulate(columns, plan.w_of_plane(plane), x, one.image);
      });
    }
  }
  for (const Gridded<T>& one : all) screens.correct(one.image);
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
  NdArray<T, 2> own = NdArray<T, 2>::uninitialized({grid.ny, grid.nx});
  std::copy(image.begin(), image.end(), own.begin());
  PointsOfImage<T>(plan, options.threads).degrid(own.view(), as_they_are ? weights.data() : nullptr, values, context);
  if (!as_they_are) BandNodes<T>(plan.rows, freq_hz, options.threads).expand(values, weights, visibilities, context);
  context.checkpoint(1);
}

template <typename T>
void grid_all(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> weights,
              const ImageGrid& grid, const GridderOptions& options, const std::vector<Gridded<T>>& all,
              const JobContext& context);

/// Of what stands for the images of `all` on another grid, made into these by `make(stand_in, image)`.
template <typename T, typename Make>
void grid_in_place(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> weights,
                   const ImageGrid& grid, const GridderOptions& options, const std::vector<Gridded<T>>& all,
                   const JobContext& context, const Make& make) {
  std::vector<NdArray<T, 2>> images;
  std::vector<Gridded<T>> stand_ins;
  for (const Gridded<T>& one : all) {
    images.push_back(NdArray<T, 2>::uninitialized({grid.ny, grid.nx}));
    stand_ins.push_back({one.visibilities, images.back().view()});
  }
  grid_all<T>(uvw_m, freq_hz, weights, grid, options, stand_ins, context);
  for (std::size_t i = 0; i < all.size(); ++i) make(std::as_const(images[i]).view(), all[i].image);
}

template <typename T>
void grid_all(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> weights,
              const ImageGrid& grid, const GridderOptions& options, const std::vector<Gridded<T>>& all,
              const JobContext& context) {
  check_gridding(uvw_m, freq_hz, weights, grid, options);
  using Pixels = NdView<const T, 2>;
  if (const auto shear = sheared_image(uvw_m, freq_hz, weights, grid, options.epsilon))
    return grid_in_place(
        uvw_m, freq_hz, weights, shear->sheared(), options, all, context,
        [&](Pixels sheared, NdView<T, 2> image) { shear->template straighten<T>(sheared, image, options.threads); });
  if (const auto half = half_resolution(uvw_m, freq_hz, weights, grid, options.epsilon))
    return grid_in_place(
        uvw_m, freq_hz, weights, half->grid, options, all, context,
        [&](Pixels coarse, NdView<T, 2> image) { half->doubler.template expand<T>(coarse, image, options.threads); });
  grid_as_is(uvw_m, freq_hz, weights, grid, options, all, context);
}

template <typename T>
void degrid_all(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> image,
                const ImageGrid& grid, const GridderOptions& options, NdView<const T, 2> weights,
                NdView<std::complex<T>, 2> visibilities, const JobContext& context) {
  check_gridding(uvw_m, freq_hz, weights, grid, options);
  const auto degrid = [&](NdView<const T, 2> stand_in, const ImageGrid& its_grid) {
    degrid_all<T>(uvw_m, freq_hz, stand_in, its_grid, options, weights, visibilities, context);
  };
  if (const auto shear = sheared_image(uvw_m, freq_hz, weights, grid, options.epsilon)) {
    auto sheared = NdArray<T, 2>::uninitialized({shear->sheared().ny, shear->sheared().nx});
    shear->template shear<T>(image, sheared.view(), options.threads);
    return degrid(sheared.view(), shear->sheared());
  }
  if (const auto half = half_resolution(uvw_m, freq_hz, weights, grid, options.epsilon)) {
    auto coarse = NdArray<T, 2>::uninitialized({half->grid.ny, half->grid.nx});
    half->doubler.template contract<T>(image, coarse.view(), options.threads);
    return degrid(coarse.view(), half->grid);
  }
  degrid_as_is(uvw_m, freq_hz, image, grid, options, weights, visibilities, context);
}

}  // namespace

template <typename T>
void visibilities_to_image(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz,
                           NdView<const std::complex<T>, 2> visibilities, NdView<const T, 2> weights,
                           const ImageGrid& grid, const GridderOptions& options, NdView<T, 2> image,
                           const JobContext& context) {
  check_shapes<T>(image, visibilities, grid, weights);
  grid_all<T>(uvw_m, freq_hz, weights, grid, options, {{visibilities.data(), image}}, context);
  check_finite<T>(image, visibilities, weights);
}

template <typename T>
void weights_to_psf(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> weights,
                    const ImageGrid& grid, const GridderOptions& options, NdView<T, 2> psf, const JobContext& context) {
  check_shapes<T>(psf, weights, grid, weights);
  grid_all<T>(uvw_m, freq_hz, weights, grid, options, {{nullptr, psf}}, context);
}

template <typename T>
void visibilities_to_image_and_psf(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz,
                                   NdView<const std::complex<T>, 2> visibilities, NdView<const T, 2> weights,
                                   const ImageGrid& grid, const GridderOptions& options, NdView<T, 2> image,
                                   NdView<T, 2> psf, const JobContext& context) {
  check_shapes<T>(image, visibilities, grid, weights);
  check_shapes<T>(psf, visibilities, grid, weights);
  grid_all<T>(uvw_m, freq_hz, weights, grid, options, {{visibilities.data(), image}, {nullptr, psf}}, context);
  check_finite<T>(image, visibilities, weights);
}

template <typename T>
void image_to_visibilities(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> image,
                           const ImageGrid& grid, const GridderOptions& options, NdView<const T, 2> weights,
                           NdView<std::complex<T>, 2> visibilities, const JobContext& context) {
  check_shapes<T>(image, visibilities, grid, weights);
  check_pixels(image);
  degrid_all(uvw_m, freq_hz, image, grid, options, weights, visibilities, context);
}

#define CONTIMG_INSTANTIATE(T)                                                                                        \
  template void visibilities_to_image(NdView<const Vec3, 1>, NdView<const double, 1>,                                 \
                                      NdView<const std::complex<T>, 2>, NdView<const T, 2>, const ImageGrid&,         \
                                      const GridderOptions&, NdView<T, 2>, const JobContext&);                        \
  template void weights_to_psf(NdView<const Vec3, 1>, NdView<const double, 1>, NdView<const T, 2>, const ImageGrid&,  \
                               const GridderOptions&, NdView<T, 2>, const JobContext&);                               \
  template void visibilities_to_image_and_psf(NdView<const Vec3, 1>, NdView<const double, 1>,                         \
                                              NdView<const std::complex<T>, 2>, NdView<const T, 2>, const ImageGrid&, \
                                              const GridderOptions&, NdView<T, 2>, NdView<T, 2>, const JobContext&);  \
  template void image_to_visibilities(NdView<const Vec3, 1>, NdView<const double, 1>, NdView<const T, 2>,             \
                                      const ImageGrid&, const GridderOptions&, NdView<const T, 2>,                    \
                                      NdView<std::complex<T>, 2>, const JobContext&);
CONTIMG_INSTANTIATE(float)
CONTIMG_INSTANTIATE(double)

}  // namespace contimg::imaging
