#include "imaging/gridded_image.h"

#include <algorithm>
#include <cmath>

#include "core/constants.h"
#include "imaging/image_depth.h"

namespace contimg::imaging {
namespace {

/// Calls body(uvw) for the rows that have a weight.
template <typename T, typename Body>
void for_each_used_row(NdView<const Vec3, 1> uvw_m, NdView<const T, 2> weights, const Body& body) {
  const std::size_t n_channels = weights.shape(1);
  for (std::size_t row = 0; row < uvw_m.size(); ++row) {
    const T* const begin = weights.data() + row * n_channels;
    if (std::any_of(begin, begin + n_channels, [](T weight) { return weight > 0; })) body(uvw_m(row));
  }
}

double cycles_per_m(NdView<const double, 1> freq_hz) {
  return *std::max_element(freq_hz.begin(), freq_hz.end()) / kSpeedOfLight;
}

/// The highest frequency along an axis at which the plane waves of the visibilities wind in an image, cycles per pixel.
template <typename T>
double highest_frequency(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> weights,
                         const ImageGrid& grid) {
  const ImageDepth depth(grid);
  double highest_m = 0;
  for_each_used_row(uvw_m, weights, [&](const Vec3& uvw) { highest_m = std::max(highest_m, depth.winding(uvw)); });
  return highest_m * cycles_per_m(freq_hz) * grid.cell_rad;
}

/// Sets the shears to those that leave least of w.
/// @returns how much less of it there is at most, metres; 0 where u and v do not tell them
template <typename T>
double fit_shear(NdView<const Vec3, 1> uvw_m, NdView<const T, 2> weights, ImageGrid& grid) {
  const ImageDepth straight(grid);
  double uu = 0, uv = 0, vv = 0, uw = 0, vw = 0, largest = 0, left = 0;
  for_each_used_row(uvw_m, weights, [&](const Vec3& uvw) {
    const auto [u, v, w] = straight.uvw_of(uvw);
    uu += u * u;
    uv += u * v;
    vv += v * v;
    uw += u * w;
    vw += v * w;
    largest = std::max(largest, std::abs(w));
  });
  constexpr double kLeastWidth = 1e-6;  // of the array against its length, squared
  const double determinant = uu * vv - uv * uv;
  if (!(determinant > kLeastWidth * uu * vv)) return 0;
  grid.shear_l = (vv * uw - uv * vw) / determinant;
  grid.shear_m = (uu * vw - uv * uw) / determinant;
  const ImageDepth sheared(grid);
  for_each_used_row(uvw_m, weights, [&](const Vec3& uvw) { left = std::max(left, std::abs(sheared.uvw_of(uvw).z)); });
  return largest - left;
}

}  // namespace

template <typename T>
std::optional<HalfResolution> half_resolution(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz,
                                              NdView<const T, 2> weights, const ImageGrid& grid, double epsilon) {
  const auto coarse = [&](std::size_t reach) {
    ImageGrid half = grid;
    half.nx = ResolutionDoubler::coarse_extent(grid.nx, reach);
    half.ny = ResolutionDoubler::coarse_extent(grid.ny, reach);
    half.cell_rad = 2 * grid.cell_rad;
    return half;
  };
  const auto pays = [&](const ImageGrid& half) { return 2 * half.nx * half.ny <= grid.nx * grid.ny; };
  if (weights.empty() || !pays(coarse(1))) return {};
  const ImageGrid largest = coarse(ResolutionDoubler::kLongestReach);
  if (!ImageDepth(largest).is_above_horizon()) return {};
  // What it adds to the error of the gridding is not seen next to that.
  const auto doubler = ResolutionDoubler::of_band(highest_frequency(uvw_m, freq_hz, weights, largest), epsilon / 20);
  if (!doubler || !pays(coarse(doubler->reach()))) return {};
  return HalfResolution{*doubler, coarse(doubler->reach())};
}

template <typename T>
std::optional<ImageShear> sheared_image(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz,
                                        NdView<const T, 2> weights, const ImageGrid& grid, double epsilon) {
  constexpr double kLeastTurns = 0.5;  // of the phase over the image, that a shear saves
  constexpr double kLeastEpsilon = 1e-7;
  const bool is_sheared = grid.shear_l != 0 || grid.shear_m != 0;
  if (weights.empty() || is_sheared || epsilon < kLeastEpsilon) return {};
  ImageGrid sheared = grid;
  const double saved_m = fit_shear(uvw_m, weights, sheared);
  if (!(saved_m * cycles_per_m(freq_hz) * ImageDepth(grid).largest() > kLeastTurns)) return {};
  const ImageDepth depth(sheared);
  if (!depth.is_above_horizon()) return {};
  // Resampled rows wind faster along columns, as their shifts differ from one to the next.
  const double winding = 1 + std::max(std::abs(sheared.shear_l), std::abs(sheared.shear_m)) * depth.steepest();
  const double band = winding * highest_frequency(uvw_m, freq_hz, weights, sheared);
  return ImageShear::of(grid, sheared, band, epsilon / 20);
}

#define CONTIMG_INSTANTIATE(T)                                                                                         \
  template std::optional<HalfResolution> half_resolution(NdView<const Vec3, 1>, NdView<const double, 1>,               \
                                                         NdView<const T, 2>, const ImageGrid&, double);                \
  template std::optional<ImageShear> sheared_image(NdView<const Vec3, 1>, NdView<const double, 1>, NdView<const T, 2>, \
                                                   const ImageGrid&, double);
CONTIMG_INSTANTIATE(float)
CONTIMG_INSTANTIATE(double)

}  // namespace contimg::imaging
