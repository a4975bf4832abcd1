// Separable interpolation. For each position the rows of pixels under the kernel are summed with the weights of y,
// eight columns at a time, and the sums then with the weights of x. Lanes beyond the kernel's last tap hold pixels that
// must not count, not even as 0 times NaN: they are set to 0 first.

#include "mosaic/resample.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "core/simd_vector.h"

namespace contimg::mosaic {
namespace {

constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();
using V = Vector<float>;
typedef std::int32_t LaneMask __attribute__((vector_size(32)));

/// All bits in the first n lanes, none in the others.
CONTIMG_INLINE LaneMask first_lanes(int n) {
  LaneMask mask;
  for (int lane = 0; lane < 8; ++lane) mask[lane] = lane < n ? -1 : 0;
  return mask;
}

CONTIMG_INLINE V keep(V values, LaneMask mask) {
  typedef std::int32_t Bits __attribute__((vector_size(32), may_alias));
  const Bits bits = reinterpret_cast<Bits&>(values) & mask;
  return reinterpret_cast<const V&>(bits);
}

/// Place of a position in the table: its step, and how far it is on the way to the next.
struct Place {
  int step;
  float fraction;
};
CONTIMG_INLINE Place place_of(float fraction) {
  const float position = fraction * KernelTable::kSteps;
  const int step = static_cast<int>(position);
  return {step, position - static_cast<float>(step)};
}

CONTIMG_INLINE V weights_at(const float* table, int padded, Place place) {
  const float* row = table + place.step * padded;
  const V a = load(row), b = load(row + padded);
  return a + place.fraction * (b - a);
}

/// Kernels of up to eight taps, a number known to the compiler.
template <int kTaps>
CONTIMG_INLINE void sample_narrow(const InputView& image, const float* table, const float* xs, const float* ys,
                                  std::size_t n, float* values) {
  constexpr int kBefore = kTaps / 2 - 1, kPadded = KernelTable::kLanes;
  const LaneMask taps = first_lanes(kTaps);
  for (std::size_t i = 0; i < n; ++i) {
    const float x = xs[i], y = ys[i];
    if (!image.holds(x, y)) {
      values[i] = kNoValue;
      continue;
    }
    const int ix = static_cast<int>(x), iy = static_cast<int>(y);
    const V wx = weights_at(table, kPadded, place_of(x - static_cast<float>(ix)));
    const V wy = weights_at(table, kPadded, place_of(y - static_cast<float>(iy)));
    const float* row = image.pixels + (iy - kBefore) * image.stride + ix - kBefore;
    V columns = wy[0] * load(row);
    for (int j = 1; j < kTaps; ++j) columns += wy[j] * load(row + j * image.stride);
    values[i] = total(wx * keep(columns, taps));
  }
}

CONTIMG_INLINE void sample_wide(const InputView& image, const KernelTable& kernel, const float* xs, const float* ys,
                                std::size_t n, float* values) {
  const int taps = kernel.taps(), before = kernel.before(), padded = kernel.padded();
  for (std::size_t i = 0; i < n; ++i) {
    const float x = xs[i], y = ys[i];
    if (!image.holds(x, y)) {
      values[i] = kNoValue;
      continue;
    }
    const int ix = static_cast<int>(x), iy = static_cast<int>(y);
    const Place px = place_of(x - static_cast<float>(ix)), py = place_of(y - static_cast<float>(iy));
    const float* y_row = kernel.at(py.step);
    const float* corner = image.pixels + (iy - before) * image.stride + ix - before;
    V sum{};
    for (int begin = 0; begin < taps; begin += 8) {
      V columns{};
      for (int j = 0; j < taps; ++j)
        columns += (y_row[j] + py.fraction * (y_row[j + padded] - y_row[j])) * load(corner + j * image.stride + begin);
      sum += weights_at(kernel.at(0) + begin, padded, px) * keep(columns, first_lanes(taps - begin));
    }
    values[i] = total(sum);
  }
}

CONTIMG_INLINE float bilinear_at(const InputView& image, float x, float y) {
  if (!image.holds(x, y)) return kNoValue;
  // On the last column the pixel beyond it has weight 0, and must not be read as NaN.
  const int ix = static_cast<int>(x), iy = static_cast<int>(y);
  const float fx = x - static_cast<float>(ix), fy = y - static_cast<float>(iy);
  const float* p = image.pixels + iy * image.stride + ix;
  const std::ptrdiff_t right = fx > 0 ? 1 : 0, up = fy > 0 ? image.stride : 0;
  const float lower = p[0] + fx * (p[right] - p[0]), upper = p[up] + fx * (p[up + right] - p[up]);
  return lower + fy * (upper - lower);
}

CONTIMG_INLINE bool all_zero(LaneMask lanes) {
  typedef std::int64_t Halves __attribute__((vector_size(32), may_alias));
  const Halves& bits = reinterpret_cast<const Halves&>(lanes);
  return (bits[0] | bits[1] | bits[2] | bits[3]) == 0;
}

/// Eight positions at once, where they lie in one row of pixels, each in the pixel after the one before; false where
/// they do not. Between grids of the same cell that hardly turn they do but for one in thirty.
CONTIMG_INLINE bool eight_in_a_row(const InputView& image, const float* xs, const float* ys, float* values) {
  constexpr LaneMask kRamp = {0, 1, 2, 3, 4, 5, 6, 7};
  const V x = load(xs), y = load(ys);
  const LaneMask ix = __builtin_convertvector(x, LaneMask), iy = __builtin_convertvector(y, LaneMask);
  if (!all_zero((ix - kRamp - ix[0]) | (iy - iy[0])) || !image.holds(xs[0], ys[0]) || !image.holds(xs[7], ys[7]))
    return false;
  const V fx = x - __builtin_convertvector(ix, V), fy = y - __builtin_convertvector(iy, V);
  const float* p = image.pixels + iy[0] * image.stride + ix[0];
  const auto along = [&](const float* row) {
    const V left = load(row), right = load(row + 1);
    return fx > 0 ? left + fx * (right - left) : left;
  };
  const V lower = along(p), upper = along(p + image.stride);
  store(values, fy > 0 ? lower + fy * (upper - lower) : lower);
  return true;
}

}  // namespace

CONTIMG_SIMD void sample(const InputView& image, const KernelTable& kernel, const float* xs, const float* ys,
                         std::size_t n, float* values) {
  if (kernel.taps() == 6)
    sample_narrow<6>(image, kernel.at(0), xs, ys, n, values);
  else if (kernel.taps() == 4)
    sample_narrow<4>(image, kernel.at(0), xs, ys, n, values);
  else
    sample_wide(image, kernel, xs, ys, n, values);
}

CONTIMG_SIMD void sample_bilinear(const InputView& image, const float* xs, const float* ys, std::size_t n,
                                  float* values) {
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    if (!eight_in_a_row(image, xs + i, ys + i, values + i))
      for (std::size_t k = i; k < i + 8; ++k) values[k] = bilinear_at(image, xs[k], ys[k]);
  for (; i < n; ++i) values[i] = bilinear_at(image, xs[i], ys[i]);
}

}  // namespace contimg::mosaic
