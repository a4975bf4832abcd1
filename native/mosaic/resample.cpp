// Separable interpolation. Eight positions in a row, each in the pixel after the one before, are interpolated at once:
// a lane each, with weights from polynomials. Between grids of the same cell that hardly turn, most are; some slip once
// to the next row of pixels, or leave a pixel out or take one twice: their lanes choose between two pixels.
//
// For a position by itself the rows of pixels under the kernel are summed with the weights of y, eight columns at a
// time, and the sums then with the weights of x. Lanes beyond the kernel's last tap hold pixels that must not count,
// not even as 0 times NaN: they are set to 0 first.

#include "mosaic/resample.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "core/simd_vector.h"

namespace contimg::mosaic {
namespace {

constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();
using V = Vector<float>;

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

CONTIMG_INLINE bool all_zero(LaneMask lanes) {
  typedef std::int64_t Halves __attribute__((vector_size(32), may_alias));
  const Halves& bits = reinterpret_cast<const Halves&>(lanes);
  return (bits[0] | bits[1] | bits[2] | bits[3]) == 0;
}

/// Eight positions that lie along a row of pixels, each in the pixel after the one before, but for slips by one pixel.
struct Eight {
  const float* pixel;       ///< that of the first; null where they do not lie so
  V fx, fy;                 ///< beyond the middles of their pixels
  LaneMask next_x, next_y;  ///< lanes whose pixel is one further than it would be without a slip
  bool slips_x, slips_y;    ///< whether any is
};

CONTIMG_INLINE Eight eight_in_a_row(const InputView& image, const float* xs, const float* ys) {
  constexpr LaneMask kRamp = {0, 1, 2, 3, 4, 5, 6, 7};
  const V x = load(xs), y = load(ys);
  const LaneMask ix = __builtin_convertvector(x, LaneMask), iy = __builtin_convertvector(y, LaneMask);
  Eight eight;
  eight.pixel = nullptr;
  eight.fx = x - __builtin_convertvector(ix, V);
  eight.fy = y - __builtin_convertvector(iy, V);
  if (!image.holds(xs[0], ys[0]) || !image.holds(xs[7], ys[7])) return eight;

  const LaneMask from_x = ix - kRamp;
  std::int32_t first_x = from_x[0], first_y = iy[0];
  eight.slips_x = eight.slips_y = false;
  if (!all_zero((from_x - first_x) | (iy - first_y))) {
    first_x = from_x[7] < first_x ? from_x[7] : first_x;
    first_y = iy[7] < first_y ? iy[7] : first_y;
    const LaneMask slip_x = from_x - first_x, slip_y = iy - first_y;
    if (!all_zero((slip_x | slip_y) & ~1)) return eight;
    eight.next_x = -slip_x;
    eight.next_y = -slip_y;
    eight.slips_x = !all_zero(slip_x);
    eight.slips_y = !all_zero(slip_y);
  }
  eight.pixel = image.pixels + first_y * image.stride + first_x;
  return eight;
}

CONTIMG_INLINE V choose(LaneMask mask, V yes, V no) { return mask ? yes : no; }

/// Weights of kTaps pixels at eight positions: KernelTable::series.
template <int kTaps>
CONTIMG_INLINE void weights_of_eight(const float* series, V fraction, V* weights) {
  constexpr int kTerms = KernelTable::kTerms;
  const V u = fraction - 0.5f, square = u * u;
  for (int pair = 0; pair < kTaps / 2; ++pair, series += 2 * kTerms) {
    V even = square * series[kTerms - 1] + series[kTerms - 2],
      odd = square * series[2 * kTerms - 1] + series[2 * kTerms - 2];
    for (int k = kTerms - 3; k >= 0; --k) {
      even = even * square + series[k];
      odd = odd * square + series[kTerms + k];
    }
    weights[pair] = even + u * odd;
    weights[kTaps - 1 - pair] = even - u * odd;
  }
}

/// Sum of the pixels of a row under the kernels of eight positions.
template <int kTaps, bool kSlipsX>
CONTIMG_INLINE V along_row(const float* row, const V* wx, LaneMask next_x) {
  V left = load(row), along{};
  for (int k = 0; k < kTaps; ++k) {
    const V right = load(row + k + 1);
    const V value = kSlipsX ? choose(next_x, right, left) : left;
    along = k == 0 ? wx[0] * value : along + wx[k] * value;
    left = right;
  }
  return along;
}

template <int kTaps, bool kSlipsX>
CONTIMG_INLINE V sample_eight(const InputView& image, const float* series, const Eight& at) {
  constexpr int kBefore = kTaps / 2 - 1;
  V wx[kTaps], wy[kTaps];
  weights_of_eight<kTaps>(series, at.fx, wx);
  weights_of_eight<kTaps>(series, at.fy, wy);
  const float* row = at.pixel - kBefore * image.stride - kBefore;
  V sum{}, here = along_row<kTaps, kSlipsX>(row, wx, at.next_x);
  for (int j = 0; j < kTaps; ++j) {
    V above{};
    if (at.slips_y || j + 1 < kTaps) above = along_row<kTaps, kSlipsX>(row += image.stride, wx, at.next_x);
    sum += wy[j] * (at.slips_y ? choose(at.next_y, above, here) : here);
    here = above;
  }
  return sum;
}

template <int kTaps>
CONTIMG_INLINE float sample_one(const InputView& image, const float* table_x, const float* table_y, float x, float y) {
  constexpr int kBefore = kTaps / 2 - 1, kPadded = KernelTable::kLanes;
  if (!image.holds(x, y)) return kNoValue;
  const int ix = static_cast<int>(x), iy = static_cast<int>(y);
  const V wx = weights_at(table_x, kPadded, place_of(x - static_cast<float>(ix)));
  const V wy = weights_at(table_y, kPadded, place_of(y - static_cast<float>(iy)));
  const float* row = image.pixels + (iy - kBefore) * image.stride + ix - kBefore;
  V columns = wy[0] * load(row);
  for (int j = 1; j < kTaps; ++j) columns += wy[j] * load(row + j * image.stride);
  return total(wx * keep(columns, first_lanes(kTaps)));
}

/// Kernels of up to eight taps, a number known to the compiler.
template <int kTaps>
CONTIMG_INLINE void sample_narrow(const InputView& image, const KernelTable& kernel_x, const KernelTable& kernel_y,
                                  const float* xs, const float* ys, std::size_t n, float* values) {
  const float *table_x = kernel_x.at(0), *table_y = kernel_y.at(0);
  const float* series = kernel_y.series() ? kernel_x.series() : nullptr;
  std::size_t i = 0;
  for (; series && i + 8 <= n; i += 8) {
    const Eight eight = eight_in_a_row(image, xs + i, ys + i);
    if (eight.pixel && !eight.slips_x)
      store(values + i, sample_eight<kTaps, false>(image, series, eight));
    else if (eight.pixel)
      store(values + i, sample_eight<kTaps, true>(image, series, eight));
    else
      for (std::size_t k = i; k < i + 8; ++k) values[k] = sample_one<kTaps>(image, table_x, table_y, xs[k], ys[k]);
  }
  for (; i < n; ++i) values[i] = sample_one<kTaps>(image, table_x, table_y, xs[i], ys[i]);
}

CONTIMG_INLINE void sample_wide(const InputView& image, const KernelTable& kernel_x, const KernelTable& kernel_y,
                                const float* xs, const float* ys, std::size_t n, float* values) {
  const int taps_x = kernel_x.taps(), taps_y = kernel_y.taps(), padded_y = kernel_y.padded();
  for (std::size_t i = 0; i < n; ++i) {
    const float x = xs[i], y = ys[i];
    if (!image.holds(x, y)) {
      values[i] = kNoValue;
      continue;
    }
    const int ix = static_cast<int>(x), iy = static_cast<int>(y);
    const Place px = place_of(x - static_cast<float>(ix)), py = place_of(y - static_cast<float>(iy));
    const float* y_row = kernel_y.at(py.step);
    const float* corner = image.pixels + (iy - kernel_y.before()) * image.stride + ix - kernel_x.before();
    V sum{};
    for (int begin = 0; begin < taps_x; begin += 8) {
      V columns{};
      for (int j = 0; j < taps_y; ++j)
        columns +=
            (y_row[j] + py.fraction * (y_row[j + padded_y] - y_row[j])) * load(corner + j * image.stride + begin);
      sum += weights_at(kernel_x.at(0) + begin, kernel_x.padded(), px) * keep(columns, first_lanes(taps_x - begin));
    }
    values[i] = total(sum);
  }
}

CONTIMG_INLINE V bilinear_of_eight(const InputView& image, const Eight& at) {
  const auto along = [&](const float* row) {
    V left = load(row), right = load(row + 1);
    if (at.slips_x) {
      left = choose(at.next_x, right, left);
      right = choose(at.next_x, load(row + 2), right);
    }
    return at.fx > 0 ? left + at.fx * (right - left) : left;
  };
  V lower = along(at.pixel), upper = along(at.pixel + image.stride);
  if (at.slips_y) {
    lower = choose(at.next_y, upper, lower);
    upper = choose(at.next_y, along(at.pixel + 2 * image.stride), upper);
  }
  return at.fy > 0 ? lower + at.fy * (upper - lower) : lower;
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

}  // namespace

CONTIMG_SIMD void sample(const InputView& image, const KernelTable& kernel_x, const KernelTable& kernel_y,
                         const float* xs, const float* ys, std::size_t n, float* values) {
  if (kernel_x.taps() == 6 && kernel_y.taps() == 6)
    sample_narrow<6>(image, kernel_x, kernel_y, xs, ys, n, values);
  else if (kernel_x.taps() == 4 && kernel_y.taps() == 4)
    sample_narrow<4>(image, kernel_x, kernel_y, xs, ys, n, values);
  else
    sample_wide(image, kernel_x, kernel_y, xs, ys, n, values);
}

CONTIMG_SIMD void sample_bilinear(const InputView& image, const float* xs, const float* ys, std::size_t n,
                                  float* values) {
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const Eight eight = eight_in_a_row(image, xs + i, ys + i);
    if (eight.pixel)
      store(values + i, bilinear_of_eight(image, eight));
    else
      for (std::size_t k = i; k < i + 8; ++k) values[k] = bilinear_at(image, xs[k], ys[k]);
  }
  for (; i < n; ++i) values[i] = bilinear_at(image, xs[i], ys[i]);
}

}  // namespace contimg::mosaic
