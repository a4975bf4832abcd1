#include "imaging/gridding_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>

#include "core/error.h"
#include "core/fft.h"
#include "imaging/image_depth.h"

// The error asked for is shared by the three axes and the cuts of the band, with a reserve for baselines whose
// positions in their cells are not spread evenly, as those of antennas on a line; of few points, all of which may lie
// where a kernel is at its worst, less than half as much is allowed. Every kernel width has a widest band
// that keeps to its share; for u and v the band says how much larger than the image the grid must be, for w how close
// the planes. Wide kernels cost per visibility, fine grids and close planes per FFT: the cheapest combination is taken.
namespace contimg::imaging {
namespace {

// Seconds per unit on one core (x86-64-v3, 2.5 GHz); only their ratios matter.
constexpr double kFftSeconds = 0.35e-9;       // per cell and factor of two
constexpr double kScreenSeconds = 2e-9;       // per image pixel and plane
constexpr double kPointSeconds = 10e-9;       // per point
constexpr double kKernelRowSeconds = 0.4e-9;  // per point, plane and row of the kernel

constexpr std::size_t kFewPoints = 2000;  // for which a wide kernel costs nothing

[[noreturn]] void refuse(const std::string& message) { throw Error(code::kInvalidArgument, message); }

void check_image(const ImageGrid& image) {
  if (image.nx < 2 || image.ny < 2 || image.nx % 2 || image.ny % 2)
    refuse("Expected an image of even extents of at least 2 but received " + std::to_string(image.nx) + " x " +
           std::to_string(image.ny));
  if (!(image.cell_rad > 0)) refuse("Expected a positive cell but received " + std::to_string(image.cell_rad));
  if (!ImageDepth(image).is_above_horizon()) {
    const double l = std::abs(image.l) + image.nx / 2.0 * image.cell_rad,
                 m = std::abs(image.m) + image.ny / 2.0 * image.cell_rad;
    refuse("Expected an image above the horizon but its corner is at l = " + std::to_string(l) +
           ", m = " + std::to_string(m) + " with l^2 + m^2 >= 1. Take fewer pixels or a smaller cell");
  }
}

template <typename T>
void check_epsilon(double epsilon) {
  constexpr bool kSingle = std::is_same_v<T, float>;
  if (epsilon >= (kSingle ? 1e-6 : 1e-12) && epsilon <= 1e-2) return;
  std::ostringstream message;
  message << "Expected epsilon from " << (kSingle ? "1e-6 to 1e-2 in single precision" : "1e-12 to 1e-2")
          << " but received " << epsilon;
  refuse(message.str());
}

template <typename T>
void check_input(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> weights) {
  if (weights.shape(0) != uvw_m.shape(0) || weights.shape(1) != freq_hz.shape(0))
    refuse("Expected weights of " + std::to_string(uvw_m.shape(0)) + " rows and " + std::to_string(freq_hz.shape(0)) +
           " channels but received " + std::to_string(weights.shape(0)) + " x " + std::to_string(weights.shape(1)));
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (uvw_m.size() > kMost || freq_hz.size() > kMost) refuse("Expected fewer than 2^32 rows and channels");
  for (double frequency : freq_hz)
    if (!(frequency > 0 && std::isfinite(frequency)))
      refuse("Expected frequencies to be positive but received " + std::to_string(frequency));
}

/// Planes onto which visibilities from least_w to largest_w are gridded.
std::size_t count_planes(double w_range, double w_step, int width) {
  return static_cast<std::size_t>(std::floor(w_range / w_step + 0.5)) + width;
}

/// One kernel per width. Wide bands at coarse accuracy are left out where the correction lifts the corners of the
/// image, and with them the rounding errors of single precision, by more than 8 per axis over the center.
std::vector<GriddingKernel> usable_kernels(double misfit, int max_width) {
  std::vector<GriddingKernel> kernels;
  for (int width = 1; width <= max_width; ++width) {
    GriddingKernel kernel = widest_band_kernel(width, misfit);
    if (kernel.correction(kernel.half_band) < 8 * kernel.correction(0)) kernels.push_back(std::move(kernel));
  }
  return kernels;
}

/// Sets grid, planes and kernels.
void choose_cheapest(GriddingPlan& plan, double w_range, double epsilon, int max_width) {
  const double share = plan.rows.n_points < kFewPoints ? 0.2 : 0.5;
  const std::vector<GriddingKernel> kernels = usable_kernels(share * epsilon, max_width);
  const ImageGrid& image = plan.image;
  plan.w_shift = 0.5 * ImageDepth(image).largest();
  double least = std::numeric_limits<double>::infinity();
  GriddingPlan best = plan;
  for (const GriddingKernel& kernel_uv : kernels) {
    if (kernel_uv.width < 3 || kernel_uv.half_band < 0.15) continue;  // a grid over 3.3 times the image
    plan.kernel_uv = kernel_uv;
    plan.nu = good_fft_size(static_cast<std::size_t>(std::ceil(image.nx / (2 * kernel_uv.half_band))), kTileSize);
    plan.nv = good_fft_size(static_cast<std::size_t>(std::ceil(image.ny / (2 * kernel_uv.half_band))), kTileSize);
    for (const GriddingKernel& kernel_w : kernels) {
      if (kernel_w.width > kernel_uv.width) break;  // the inner loops count on it
      plan.kernel_w = kernel_w;
      plan.w_step = kernel_w.half_band / plan.w_shift;
      plan.n_planes = count_planes(w_range, plan.w_step, kernel_w.width);
      const double cost = seconds(plan);
      if (cost < least) least = cost, best = plan;
    }
  }
  plan = std::move(best);
}

}  // namespace

double seconds(const GriddingPlan& plan) {
  const double cells = static_cast<double>(plan.nu * plan.nv),
               pixels = static_cast<double>(plan.image.nx * plan.image.ny);
  return plan.n_planes * (kFftSeconds * cells * std::log2(cells) + kScreenSeconds * pixels) +
         plan.rows.n_points * (kPointSeconds + kKernelRowSeconds * plan.kernel_uv.width * plan.kernel_w.width);
}

template <typename T>
void check_gridding(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> weights,
                    const ImageGrid& image, const GridderOptions& options) {
  check_image(image);
  check_epsilon<T>(options.epsilon);
  check_input(uvw_m, freq_hz, weights);
}

template <typename T>
GriddingPlan plan_gridding(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> weights,
                           const ImageGrid& image, const GridderOptions& options) {
  check_gridding(uvw_m, freq_hz, weights, image, options);
  return plan_of_rows<T>(read_rows(uvw_m, freq_hz, weights, image, options.epsilon / 4, options.threads), image,
                         options);
}

template <typename T>
GriddingPlan plan_of_rows(GridRows rows, const ImageGrid& image, const GridderOptions& options) {
  GriddingPlan plan;
  plan.image = image;
  plan.rows.n_points = rows.n_points;  // the candidates below are copies of the plan
  if (rows.n_points == 0) return plan;
  choose_cheapest(plan, rows.largest_w - rows.least_w, options.epsilon, kMaxWidthOf<T>);
  plan.first_w = rows.least_w - (plan.kernel_w.width - 1) / 2.0 * plan.w_step;
  // Image x grows to the west, u to the east: hence the minus.
  for (GridRow& row : rows.rows) {
    row.u_cells_per_hz *= -image.cell_rad * static_cast<double>(plan.nu);
    row.v_cells_per_hz *= image.cell_rad * static_cast<double>(plan.nv);
  }
  plan.rows = std::move(rows);
  return plan;
}

#define CONTIMG_INSTANTIATE(T)                                                                                       \
  template void check_gridding(NdView<const Vec3, 1>, NdView<const double, 1>, NdView<const T, 2>, const ImageGrid&, \
                               const GridderOptions&);                                                               \
  template GriddingPlan plan_gridding(NdView<const Vec3, 1>, NdView<const double, 1>, NdView<const T, 2>,            \
                                      const ImageGrid&, const GridderOptions&);                                      \
  template GriddingPlan plan_of_rows<T>(GridRows, const ImageGrid&, const GridderOptions&);
CONTIMG_INSTANTIATE(float)
CONTIMG_INSTANTIATE(double)

}  // namespace contimg::imaging
