#include "imaging/image_shear.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include "core/nd_array.h"
#include "core/parallel.h"
#include "core/simd_vector.h"
#include "imaging/image_depth.h"

// Shifts change slowly, so that neighbors in a row mostly take their samples equally far away: kLanes of them at once
// then, each with weights of its own from polynomials in registers. Samples lie along the row or along columns; to the
// loops that is the stride from one to the next.
namespace contimg::imaging {
namespace {

constexpr std::size_t kStripRows = 16, kBlockColumns = 256;  // per piece of work
constexpr std::size_t kRun = 32;                             // places that are spread at once
constexpr int kMostRounds = 8;

/// Kernel coefficients in the precision of the pixels.
template <typename T>
struct Weights {
  struct Pair {
    T even[std::tuple_size_v<InterpolationKernel::Powers>], odd[std::tuple_size_v<InterpolationKernel::Powers>];
  };
  std::vector<Pair> pairs;

  explicit Weights(const InterpolationKernel& kernel) {
    for (const auto& [even, odd] : kernel.pairs) {
      Pair& pair = pairs.emplace_back();
      std::copy(even.begin(), even.end(), pair.even);
      std::copy(odd.begin(), odd.end(), pair.odd);
    }
  }
  std::ptrdiff_t n_samples() const { return 2 * static_cast<std::ptrdiff_t>(pairs.size()); }
};

/// Where the samples of places in a row begin, and where between them the place is.
template <typename T>
struct Places {
  std::vector<double> shifts;  ///< in samples, from the place's own
  std::vector<int> first;      ///< likewise
  std::vector<T> t;            ///< see InterpolationKernel

  /// Whether the samples of n places from i on, all of them there, are equally far away.
  CONTIMG_INLINE bool are_alike(std::size_t i, std::size_t n) const {
    if (i + n > first.size()) return false;
    int differ = 0;
    for (std::size_t k = 1; k < n; ++k) differ |= first[i + k] ^ first[i];
    return differ == 0;
  }
};

/// @param factor  makes samples of shifts
template <typename T>
CONTIMG_SIMD void set_places(const double* shifts, double factor, std::size_t n, int n_pairs, int* first, T* t) {
  for (std::size_t i = 0; i < n; ++i) {
    const double shift = factor * shifts[i], whole = std::floor(shift);
    first[i] = static_cast<int>(whole) - (n_pairs - 1);
    t[i] = static_cast<T>(2 * (shift - whole) - 1);
  }
}

/// V is a vector or a number; a weight of the first half and its mirror image.
template <typename V, typename Pair>
CONTIMG_INLINE void weigh(const Pair& pair, V t, V& a, V& b) {
  const V tt = t * t;
  constexpr int kPowers = sizeof(pair.even) / sizeof(pair.even[0]);
  V even = V{} + pair.even[kPowers - 1], odd = V{} + pair.odd[kPowers - 1];
  for (int k = kPowers - 2; k >= 0; --k) {
    even = even * tt + pair.even[k];
    odd = odd * tt + pair.odd[k];
  }
  a = even + t * odd;
  b = even - t * odd;
}

/// out[i] = sum_j weight_j samples[i + (first_i + j) stride]
template <typename T>
CONTIMG_SIMD void interpolate(const Weights<T>& weights, const Places<T>& places, const T* samples,
                              std::ptrdiff_t stride, T* out) {
  const std::size_t n = places.t.size(), n_pairs = weights.pairs.size();
  const std::ptrdiff_t last = weights.n_samples() - 1;
  for (std::size_t i = 0; i < n;) {
    if (places.are_alike(i, kLanes<T>)) {
      const T* from = samples + static_cast<std::ptrdiff_t>(i) + places.first[i] * stride;
      const Vector<T> t = load(&places.t[i]);
      Vector<T> sum{}, a, b;
      for (std::size_t p = 0; p < n_pairs; ++p) {
        weigh(weights.pairs[p], t, a, b);
        const auto j = static_cast<std::ptrdiff_t>(p);
        sum += a * load(from + j * stride) + b * load(from + (last - j) * stride);
      }
      store(out + i, sum);
      i += kLanes<T>;
      continue;
    }
    const T* from = samples + static_cast<std::ptrdiff_t>(i) + places.first[i] * stride;
    T sum = 0, a, b;
    for (std::size_t p = 0; p < n_pairs; ++p) {
      weigh(weights.pairs[p], places.t[i], a, b);
      const auto j = static_cast<std::ptrdiff_t>(p);
      sum += a * from[j * stride] + b * from[(last - j) * stride];
    }
    out[i++] = sum;
  }
}

template <typename T>
CONTIMG_SIMD bool are_zero(const T* values, std::size_t n) {
  int n_others = 0;  // a loop without a way out is vectorized
  for (std::size_t i = 0; i < n; ++i) n_others += values[i] != 0;
  return n_others == 0;
}

/// samples[i + (first_i + j) stride] += weight_j in[i]; of models, most are 0.
template <typename T>
CONTIMG_SIMD void spread(const Weights<T>& weights, const Places<T>& places, const T* in, std::ptrdiff_t stride,
                         T* samples) {
  const std::size_t n = places.t.size(), n_pairs = weights.pairs.size();
  const std::ptrdiff_t last = weights.n_samples() - 1;
  for (std::size_t i = 0; i < n;) {
    T* to = samples + static_cast<std::ptrdiff_t>(i) + places.first[i] * stride;
    if (places.are_alike(i, kRun)) {
      // By way of memory of their own: a vector could not be read back at once where two before it were written.
      if (!are_zero(in + i, kRun))
        for (std::size_t p = 0; p < n_pairs; ++p) {
          T left[kRun], right[kRun];
          for (std::size_t k = 0; k < kRun; k += kLanes<T>) {
            Vector<T> a, b;
            weigh(weights.pairs[p], load(&places.t[i + k]), a, b);
            store(left + k, a * load(in + i + k));
            store(right + k, b * load(in + i + k));
          }
          const auto j = static_cast<std::ptrdiff_t>(p);
          for (std::size_t k = 0; k < kRun; ++k) to[j * stride + static_cast<std::ptrdiff_t>(k)] += left[k];
          for (std::size_t k = 0; k < kRun; ++k) to[(last - j) * stride + static_cast<std::ptrdiff_t>(k)] += right[k];
        }
      i += kRun;
      continue;
    }
    T a, b;
    for (std::size_t p = 0; p < n_pairs && in[i] != 0; ++p) {
      weigh(weights.pairs[p], places.t[i], a, b);
      const auto j = static_cast<std::ptrdiff_t>(p);
      to[j * stride] += a * in[i];
      to[(last - j) * stride] += b * in[i];
    }
    ++i;
  }
}

/// Where the samples of pixels lie that are shifted by a multiple of their depth.
class Shifts {
 public:
  /// @param grid    of the places
  /// @param factor  of the depth, in samples per radian
  Shifts(const ImageGrid& grid, double factor) : grid_(grid), depth_(grid), factor_(factor) {}

  /// Of the n pixels from x on in row y.
  template <typename T>
  void places(std::size_t y, std::size_t x, std::size_t n, std::size_t n_pairs, Places<T>& places) const {
    places.shifts.resize(n);
    places.first.resize(n);
    places.t.resize(n);
    const double cell = grid_.cell_rad;
    depth_.along((double(grid_.nx / 2) - double(x)) * cell, -cell, (double(y) - double(grid_.ny / 2)) * cell, 0, n,
                 places.shifts.data());
    set_places(places.shifts.data(), factor_, n, static_cast<int>(n_pairs), places.first.data(), places.t.data());
  }

 private:
  ImageGrid grid_;
  ImageDepth depth_;
  double factor_;
};

/// From l in the image to l in the sheared one, in rows of the latter.
Shifts shifts_l(const ImageGrid& image, ImageGrid sheared) {
  const double shear = sheared.shear_l;
  sheared.nx = image.nx;
  sheared.shear_l = 0;
  return {sheared, -shear / image.cell_rad};  // x grows to the west
}

/// From m in the image to m in the sheared one.
Shifts shifts_m(const ImageGrid& image, const ImageGrid& sheared) { return {image, sheared.shear_m / image.cell_rad}; }

/// Calls body(y, places) for all rows, in parallel; `places` is memory to work in.
template <typename T, typename Body>
void for_each_row(std::size_t n_rows, unsigned threads, const Body& body) {
  parallel_for((n_rows + kStripRows - 1) / kStripRows, threads, [&](std::size_t strip) {
    thread_local Places<T> places;
    for (std::size_t y = strip * kStripRows; y < std::min(n_rows, (strip + 1) * kStripRows); ++y) body(y, places);
  });
}

}  // namespace

std::optional<ImageShear> ImageShear::of(const ImageGrid& image, ImageGrid sheared, double band, double misfit) {
  const auto kernel = InterpolationKernel::of_band(band, misfit);
  if (!kernel) return {};
  const auto extent = [&](std::size_t n, double shear, double depth) {
    const auto shift = static_cast<std::size_t>(std::ceil(std::abs(shear) * depth / image.cell_rad));
    return n + 2 * (shift + kernel->pairs.size() + 1);
  };
  sheared.nx = image.nx;
  sheared.ny = image.ny;
  for (int round = 0; round < kMostRounds; ++round) {  // margins are deeper than what they were made for
    const ImageDepth depth(sheared);
    if (!depth.is_above_horizon()) return {};
    const std::size_t nx = extent(image.nx, sheared.shear_l, depth.largest()),
                      ny = extent(image.ny, sheared.shear_m, depth.largest());
    if (nx <= sheared.nx && ny <= sheared.ny) return ImageShear(image, sheared, *kernel);
    sheared.nx = std::max(nx, sheared.nx);
    sheared.ny = std::max(ny, sheared.ny);
  }
  return {};
}

template <typename T>
void ImageShear::straighten(NdView<const T, 2> sheared, NdView<T, 2> image, unsigned threads) const {
  const Weights<T> weights(kernel_);
  const std::size_t nx = image_.nx, ny = image_.ny, n_pairs = kernel_.pairs.size();
  const Shifts along_l = shifts_l(image_, sheared_), along_m = shifts_m(image_, sheared_);
  auto half_way = NdArray<T, 2>::uninitialized({sheared_.ny, nx});
  for_each_row<T>(sheared_.ny, threads, [&](std::size_t y, Places<T>& places) {
    along_l.places(y, 0, nx, n_pairs, places);
    interpolate(weights, places, &sheared(y, (sheared_.nx - nx) / 2), 1, &half_way(y, 0));
  });
  for_each_row<T>(ny, threads, [&](std::size_t y, Places<T>& places) {
    along_m.places(y, 0, nx, n_pairs, places);
    interpolate(weights, places, &half_way(y + (sheared_.ny - ny) / 2, 0), static_cast<std::ptrdiff_t>(nx),
                &image(y, 0));
  });
}

template <typename T>
void ImageShear::shear(NdView<const T, 2> image, NdView<T, 2> sheared, unsigned threads) const {
  const Weights<T> weights(kernel_);
  const std::size_t nx = image_.nx, ny = image_.ny, n_pairs = kernel_.pairs.size();
  const Shifts along_l = shifts_l(image_, sheared_), along_m = shifts_m(image_, sheared_);
  auto half_way = NdArray<T, 2>::uninitialized({sheared_.ny, nx});
  parallel_for((nx + kBlockColumns - 1) / kBlockColumns, threads, [&](std::size_t block) {
    const std::size_t x = block * kBlockColumns, n = std::min(kBlockColumns, nx - x);
    Places<T> places;
    for (std::size_t y = 0; y < sheared_.ny; ++y) std::fill_n(&half_way(y, x), n, T(0));
    for (std::size_t y = 0; y < ny; ++y) {
      if (are_zero(&image(y, x), n)) continue;
      along_m.places(y, x, n, n_pairs, places);
      spread(weights, places, &image(y, x), static_cast<std::ptrdiff_t>(nx), &half_way(y + (sheared_.ny - ny) / 2, x));
    }
  });
  for_each_row<T>(sheared_.ny, threads, [&](std::size_t y, Places<T>& places) {
    std::fill_n(&sheared(y, 0), sheared_.nx, T(0));
    if (are_zero(&half_way(y, 0), nx)) return;
    along_l.places(y, 0, nx, n_pairs, places);
    spread(weights, places, &half_way(y, 0), 1, &sheared(y, (sheared_.nx - nx) / 2));
  });
}

#define CONTIMG_INSTANTIATE(T)                                                            \
  template void ImageShear::straighten(NdView<const T, 2>, NdView<T, 2>, unsigned) const; \
  template void ImageShear::shear(NdView<const T, 2>, NdView<T, 2>, unsigned) const;
CONTIMG_INSTANTIATE(float)
CONTIMG_INSTANTIATE(double)

}  // namespace contimg::imaging
