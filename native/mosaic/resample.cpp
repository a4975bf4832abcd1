#include "mosaic/resample.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mosaic/kernel_table.h"

namespace contimg::mosaic {
namespace {

constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();

float interpolate(NdView<const float, 2> image, const KernelTable& table, double x, double y) {
  const double floor_x = std::floor(x), floor_y = std::floor(y);
  const bool inside = floor_x >= 2 && floor_y >= 2 && floor_x + 3 < static_cast<double>(image.shape(1)) &&
                      floor_y + 3 < static_cast<double>(image.shape(0));
  if (!inside) return kNoValue;  // NaN compares false
  const auto wx = table(x - floor_x), wy = table(y - floor_y);
  const std::size_t stride = image.shape(1);
  const float* row = &image(static_cast<std::size_t>(floor_y) - 2, static_cast<std::size_t>(floor_x) - 2);
  KernelTable::Weights columns{};
  for (int j = 0; j < KernelTable::kTaps; ++j, row += stride)
    for (int i = 0; i < KernelTable::kTaps; ++i) columns[i] += wy[j] * row[i];
  float sum = 0;
  for (int i = 0; i < KernelTable::kTaps; ++i) sum += wx[i] * columns[i];
  return sum;
}

float bilinear(NdView<const float, 2> image, double x, double y) {
  const double last_x = static_cast<double>(image.shape(1)) - 1, last_y = static_cast<double>(image.shape(0)) - 1;
  const bool inside = x >= 0 && y >= 0 && x <= last_x && y <= last_y && last_x >= 1 && last_y >= 1;
  if (!inside) return kNoValue;
  const double floor_x = std::min(std::floor(x), last_x - 1), floor_y = std::min(std::floor(y), last_y - 1);
  const float fx = static_cast<float>(x - floor_x), fy = static_cast<float>(y - floor_y);
  const std::size_t stride = image.shape(1);
  const float* lower = &image(static_cast<std::size_t>(floor_y), static_cast<std::size_t>(floor_x));
  const float* upper = lower + stride;
  return (1 - fy) * ((1 - fx) * lower[0] + fx * lower[1]) + fy * ((1 - fx) * upper[0] + fx * upper[1]);
}

const KernelTable& table_of(Kernel kernel) {
  static const KernelTable lanczos3 = KernelTable::lanczos3(), optimal = KernelTable::optimal(3.5);
  return kernel == Kernel::kLanczos3 ? lanczos3 : optimal;
}

}  // namespace

void sample(NdView<const float, 2> image, Kernel kernel, const double* xs, const double* ys, std::size_t n,
            float* values) {
  if (kernel == Kernel::kBilinear) {
    for (std::size_t i = 0; i < n; ++i) values[i] = bilinear(image, xs[i], ys[i]);
    return;
  }
  const KernelTable& table = table_of(kernel);
  for (std::size_t i = 0; i < n; ++i) values[i] = interpolate(image, table, xs[i], ys[i]);
}

}  // namespace contimg::mosaic
