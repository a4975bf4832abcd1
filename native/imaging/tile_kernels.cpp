#include "imaging/tile_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "core/simd_vector.h"
#include "core/sincos_cycles.h"

// The inner loops of gridding and degridding. A run's channels are taken 64 at a time: first their positions (double
// precision, vectorized over channels), then their kernel weights (vectorized over the kernel's cells), then the tile.
// Neighboring channels mostly start in the same cell: such a group keeps the kernel's rows of the tile in registers
// and touches memory once per group, not once per visibility, which is the larger part of the speed.
namespace contimg::imaging {
namespace {

constexpr std::size_t kChunk = 64;

/// A kernel's polynomials, one row per power; powers above its degree are 0.
template <typename T>
struct Polynomials {
  alignas(32) T coefficients[kernel_degree(kMaxWidthOf<T>) + 1][kMaxWidthOf<T>] = {};

  explicit Polynomials(const GriddingKernel& kernel) {
    for (int k = 0; k <= kernel.degree; ++k)
      for (int j = 0; j < kMaxWidthOf<T>; ++j) coefficients[k][j] = static_cast<T>(kernel.coefficients[k][j]);
  }
};

/// Up to kChunk points of one run: all of them in `offset` to `cosine`, those with a weight in `cell` to `im`.
template <typename T>
struct Chunk {
  int offset[kChunk];                              // of the kernel's first cell in a tile plane
  T u[kChunk], v[kChunk], w[kChunk];               // t = 2 f, see GriddingKernel
  T cycles[kChunk], sine[kChunk], cosine[kChunk];  // the shift that centers the band of n - 1
  std::size_t count;
  int cell[kChunk];
  std::size_t index[kChunk];
  alignas(32) T weight_u[kChunk][kMaxWidthOf<T>], weight_v[kChunk][kMaxWidthOf<T>], weight_w[kChunk][kMaxWidthOf<T>];
  T re[kChunk], im[kChunk];
};

/// What is common to all runs of an item.
template <typename T>
struct ItemContext {
  const GriddingPlan& plan;
  Polynomials<T> uv, w;
  double plane;

  ItemContext(const GriddingPlan& the_plan, const TileItem& item)
      : plan(the_plan), uv(plan.kernel_uv), w(plan.kernel_w), plane(item.plane) {}
};

/// x from 0 to `last`; std::clamp goes through memory and does not vectorize.
CONTIMG_INLINE double clamped(double x, double last) {
  const double positive = x > 0 ? x : 0;
  return positive < last ? positive : last;
}

/// Positions of n points from `first` on.
template <typename T>
CONTIMG_INLINE void locate(const ItemContext<T>& item, const PointRun& run, std::size_t first, std::size_t n,
                           Chunk<T>& chunk) {
  const GriddingPlan& plan = item.plan;
  const GridRow& row = plan.rows.rows[run.row];
  const double* const points_hz = plan.rows.points_hz(row).data();
  const double half = plan.kernel_uv.width / 2.0, f0 = points_hz[run.first];
  // The tile of the run in unwrapped cells: from its first point by the same arithmetic as when it was sorted.
  const double origin_u = static_cast<double>(tile_of_cell(std::ceil(row.u_cells_per_hz * f0 - half)) * kTileSize);
  const double origin_v = static_cast<double>(tile_of_cell(std::ceil(row.v_cells_per_hz * f0 - half)) * kTileSize);
  const double center = half - 0.5, center_w = (plan.kernel_w.width - 1) / 2.0 + item.plane;
  const double last = kTileSize - 1, planes_per_hz = row.w_per_hz / plan.w_step,
               first_plane = plan.first_w / plan.w_step;
  const double* freq_hz = points_hz + first;
  for (std::size_t k = 0; k < n; ++k) {
    const double u = row.u_cells_per_hz * freq_hz[k] - origin_u, v = row.v_cells_per_hz * freq_hz[k] - origin_v;
    // Clamped: sorting and this loop may round differently at the edge of a tile, where either choice is right.
    const double start_u = clamped(std::ceil(u - half), last), start_v = clamped(std::ceil(v - half), last);
    chunk.offset[k] = static_cast<int>(start_v) * static_cast<int>(TileShape<T>::kRow) + static_cast<int>(start_u);
    chunk.u[k] = static_cast<T>(2 * (u - start_u - center));
    chunk.v[k] = static_cast<T>(2 * (v - start_v - center));
    chunk.w[k] = static_cast<T>(2 * (planes_per_hz * freq_hz[k] - first_plane - center_w));
    const double cycles = plan.w_shift * row.w_per_hz * freq_hz[k];
    chunk.cycles[k] = static_cast<T>(cycles - nearest_integer(cycles));
  }
  for (std::size_t k = 0; k < n; ++k) sincos_cycles(chunk.cycles[k], chunk.sine[k], chunk.cosine[k]);
}

/// Kernel weights of the points that have a weight. The w kernel is at most as wide as the others, so one degree does
/// for all; three sums at a time hide each other's latency.
template <int kWidth, typename T>
CONTIMG_INLINE void weigh(const ItemContext<T>& item, const T* weights, std::size_t n, Chunk<T>& chunk) {
  constexpr int kDegree = kernel_degree(kWidth);
  std::size_t count = 0;
  for (std::size_t k = 0; k < n; ++k) {
    if (weights && weights[k] == 0) continue;
    for (int lane = 0; lane < kWidth; lane += kLanes<T>) {
      Vector<T> u = load(item.uv.coefficients[kDegree] + lane), v = u, w = load(item.w.coefficients[kDegree] + lane);
      for (int power = kDegree - 1; power >= 0; --power) {
        const Vector<T> coefficients = load(item.uv.coefficients[power] + lane);
        u = u * chunk.u[k] + coefficients;
        v = v * chunk.v[k] + coefficients;
        w = w * chunk.w[k] + load(item.w.coefficients[power] + lane);
      }
      store(chunk.weight_u[count] + lane, u);
      store(chunk.weight_v[count] + lane, v);
      store(chunk.weight_w[count] + lane, w);
    }
    chunk.cell[count] = chunk.offset[k];
    chunk.index[count] = k;
    ++count;
  }
  chunk.count = count;
}

/// Part of a tile plane: kRows rows from `row` on, and the lanes from `lane` on.
struct Block {
  int plane, row, lane;
};

/// Adds visibilities [begin, end) of the chunk, which share their cell, to a block of the cells from `cells` on.
template <int kRows, typename T>
CONTIMG_INLINE void spread_rows(const Chunk<T>& chunk, std::size_t begin, std::size_t end, Block block, T* cells) {
  constexpr std::size_t kRow = TileShape<T>::kRow, kImaginary = TileShape<T>::kColumns;
  T* const rows = cells + block.row * kRow + block.lane;
  Vector<T> re[kRows], im[kRows];
  for (int j = 0; j < kRows; ++j) {
    re[j] = load(rows + j * kRow);
    im[j] = load(rows + j * kRow + kImaginary);
  }
  for (std::size_t k = begin; k < end; ++k) {
    const Vector<T> u = load(chunk.weight_u[k] + block.lane);
    const Vector<T> u_re = u * (chunk.re[k] * chunk.weight_w[k][block.plane]),
                    u_im = u * (chunk.im[k] * chunk.weight_w[k][block.plane]);
    for (int j = 0; j < kRows; ++j) {
      re[j] += u_re * chunk.weight_v[k][block.row + j];
      im[j] += u_im * chunk.weight_v[k][block.row + j];
    }
  }
  for (int j = 0; j < kRows; ++j) {
    store(rows + j * kRow, re[j]);
    store(rows + j * kRow + kImaginary, im[j]);
  }
}

/// What the cells give to visibilities of a chunk: lanes of the real, then of the imaginary parts, which are summed at
/// the end.
template <typename T>
using Sums = T[2 * kLanes<T>];

/// Adds to sums[k] what a block of the cells gives to visibilities [begin, end), which share their cell.
template <int kRows, typename T>
CONTIMG_INLINE void interpolate_rows(const Chunk<T>& chunk, std::size_t begin, std::size_t end, Block block,
                                     const T* cells, Sums<T>* sums) {
  constexpr std::size_t kRow = TileShape<T>::kRow, kImaginary = TileShape<T>::kColumns;
  const T* const rows = cells + block.row * kRow + block.lane;
  Vector<T> re[kRows], im[kRows];
  for (int j = 0; j < kRows; ++j) {
    re[j] = load(rows + j * kRow);
    im[j] = load(rows + j * kRow + kImaginary);
  }
  for (std::size_t k = begin; k < end; ++k) {
    Vector<T> sum_re = re[0] * chunk.weight_v[k][block.row], sum_im = im[0] * chunk.weight_v[k][block.row];
    for (int j = 1; j < kRows; ++j) {
      sum_re += re[j] * chunk.weight_v[k][block.row + j];
      sum_im += im[j] * chunk.weight_v[k][block.row + j];
    }
    const Vector<T> u = load(chunk.weight_u[k] + block.lane) * chunk.weight_w[k][block.plane];
    store(sums[k], load(sums[k]) + sum_re * u);
    store(sums[k] + kLanes<T>, load(sums[k] + kLanes<T>) + sum_im * u);
  }
}

/// Calls body(rows, block) for blocks that cover a kernel on one plane; `rows` is their number of rows as a type. 16
/// vector registers hold six rows of a complex plane and what multiplies them; wider kernels go in parts.
template <int kWidth, typename T, typename Body>
CONTIMG_INLINE void for_each_block(int plane, const Body& body) {
  for (int lane = 0; lane < kWidth; lane += kLanes<T>) {
    if constexpr (kWidth <= 6) {
      body(std::integral_constant<int, kWidth>(), Block{plane, 0, lane});
    } else {
      for (int row = 0; row + 4 <= kWidth; row += 4) body(std::integral_constant<int, 4>(), Block{plane, row, lane});
      if constexpr (kWidth % 4) body(std::integral_constant<int, kWidth % 4>(), Block{plane, kWidth / 4 * 4, lane});
    }
  }
}

/// One past the last visibility from `begin` on that has the same cell.
template <typename T>
CONTIMG_INLINE std::size_t end_of_group(const Chunk<T>& chunk, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < chunk.count && chunk.cell[end] == chunk.cell[begin]) ++end;
  return end;
}

template <int kWidth, typename T>
CONTIMG_INLINE void spread_chunk(const Chunk<T>& chunk, int n_planes, T* tile) {
  for (std::size_t begin = 0, end; begin < chunk.count; begin = end) {
    end = end_of_group(chunk, begin);
    for (int plane = 0; plane < n_planes; ++plane) {
      T* const cells = tile + plane * TileShape<T>::kPlane + chunk.cell[begin];
      for_each_block<kWidth, T>(
          plane, [&](auto rows, Block block)
                     __attribute__((always_inline)) { spread_rows<rows()>(chunk, begin, end, block, cells); });
    }
  }
}

template <int kWidth, typename T>
CONTIMG_INLINE void interpolate_chunk(const Chunk<T>& chunk, int n_planes, const T* tile, Sums<T>* sums) {
  for (std::size_t begin = 0, end; begin < chunk.count; begin = end) {
    end = end_of_group(chunk, begin);
    for (int plane = 0; plane < n_planes; ++plane) {
      const T* const cells = tile + plane * TileShape<T>::kPlane + chunk.cell[begin];
      for_each_block<kWidth, T>(
          plane, [&](auto rows, Block block) __attribute__((always_inline)) {
            interpolate_rows<rows()>(chunk, begin, end, block, cells, sums);
          });
    }
  }
}

template <int kWidth, typename T>
CONTIMG_INLINE void spread_runs(const ItemContext<T>& item, const PointRun* begin, const PointRun* end,
                                const std::complex<T>* values, const T* weights, T* tile) {
  Chunk<T> chunk;
  for (const PointRun* run = begin; run != end; ++run) {
    const GridRow& row = item.plan.rows.rows[run->row];
    const T sign = row.conjugate ? -1 : 1;
    for (std::size_t first = run->first; first < run->end; first += kChunk) {
      const std::size_t n = std::min<std::size_t>(kChunk, run->end - first), at = row.first_value + first;
      const T* const chunk_weights = weights ? weights + at : nullptr;
      locate(item, *run, first, n, chunk);
      weigh<kWidth>(item, chunk_weights, n, chunk);
      for (std::size_t k = 0; k < chunk.count; ++k) {
        const std::size_t index = chunk.index[k];
        const T* value = reinterpret_cast<const T*>(values + at + index);
        const T weight = chunk_weights ? chunk_weights[index] : 1, re = weight * value[0],
                im = sign * weight * value[1];
        chunk.re[k] = re * chunk.cosine[index] + im * chunk.sine[index];
        chunk.im[k] = im * chunk.cosine[index] - re * chunk.sine[index];
      }
      spread_chunk<kWidth>(chunk, item.plan.kernel_w.width, tile);
    }
  }
}

template <int kWidth, typename T>
CONTIMG_INLINE void interpolate_runs(const ItemContext<T>& item, const PointRun* begin, const PointRun* end,
                                     const T* tile, const T* weights, std::complex<T>* values) {
  Chunk<T> chunk;
  alignas(32) Sums<T> sums[kChunk];
  for (const PointRun* run = begin; run != end; ++run) {
    const GridRow& row = item.plan.rows.rows[run->row];
    const T sign = row.conjugate ? -1 : 1;
    for (std::size_t first = run->first; first < run->end; first += kChunk) {
      const std::size_t n = std::min<std::size_t>(kChunk, run->end - first), at = row.first_value + first;
      locate(item, *run, first, n, chunk);
      weigh<kWidth>(item, weights ? weights + at : nullptr, n, chunk);
      std::memset(sums, 0, chunk.count * sizeof(sums[0]));
      interpolate_chunk<kWidth>(chunk, item.plan.kernel_w.width, tile, sums);
      for (std::size_t k = 0; k < chunk.count; ++k) {
        const std::size_t index = chunk.index[k];
        const T re = total(load(sums[k])), im = total(load(sums[k] + kLanes<T>));
        T* value = reinterpret_cast<T*>(values + at + index);
        value[0] = re * chunk.cosine[index] - im * chunk.sine[index];
        value[1] = sign * (im * chunk.cosine[index] + re * chunk.sine[index]);
      }
    }
  }
}

/// Calls body(width) with the width of the loops, as a type: 3 to 8, or in double precision whole registers, whose last
/// weights may be 0.
template <typename T, typename Body>
CONTIMG_INLINE void for_width(int width, const Body& body) {
  if constexpr (std::is_same_v<T, float>) {
    if (width == 3) return body(std::integral_constant<int, 3>());
    if (width == 4) return body(std::integral_constant<int, 4>());
    if (width == 5) return body(std::integral_constant<int, 5>());
    if (width == 6) return body(std::integral_constant<int, 6>());
    if (width == 7) return body(std::integral_constant<int, 7>());
    return body(std::integral_constant<int, 8>());
  } else {
    if (width <= 4) return body(std::integral_constant<int, 4>());
    if (width <= 8) return body(std::integral_constant<int, 8>());
    if (width <= 12) return body(std::integral_constant<int, 12>());
    return body(std::integral_constant<int, 16>());
  }
}

template <typename T>
CONTIMG_SIMD void spread(const ItemContext<T>& item, const PointRun* begin, const PointRun* end,
                         const std::complex<T>* values, const T* weights, T* tile) {
  for_width<T>(
      item.plan.kernel_uv.width, [&](auto width) __attribute__((always_inline)) {
        spread_runs<width()>(item, begin, end, values, weights, tile);
      });
}

template <typename T>
CONTIMG_SIMD void interpolate(const ItemContext<T>& item, const PointRun* begin, const PointRun* end, const T* tile,
                              const T* weights, std::complex<T>* values) {
  for_width<T>(
      item.plan.kernel_uv.width, [&](auto width) __attribute__((always_inline)) {
        interpolate_runs<width()>(item, begin, end, tile, weights, values);
      });
}

}  // namespace

template <typename T>
void spread_item(const GriddingPlan& plan, const TiledPoints& tiled, const TileItem& item,
                 const std::complex<T>* values, const T* weights, T* tile) {
  spread(ItemContext<T>(plan, item), tiled.runs.data() + item.first_run, tiled.runs.data() + item.end_run, values,
         weights, tile);
}

template <typename T>
void interpolate_item(const GriddingPlan& plan, const TiledPoints& tiled, const TileItem& item, const T* tile,
                      const T* weights, std::complex<T>* values) {
  interpolate(ItemContext<T>(plan, item), tiled.runs.data() + item.first_run, tiled.runs.data() + item.end_run, tile,
              weights, values);
}

#define CONTIMG_INSTANTIATE(T)                                                                                 \
  template void spread_item(const GriddingPlan&, const TiledPoints&, const TileItem&, const std::complex<T>*,  \
                            const T*, T*);                                                                     \
  template void interpolate_item(const GriddingPlan&, const TiledPoints&, const TileItem&, const T*, const T*, \
                                 std::complex<T>*);
CONTIMG_INSTANTIATE(float)
CONTIMG_INSTANTIATE(double)

}  // namespace contimg::imaging
