#include "imaging/tile_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/simd.h"
#include "imaging/sincos_cycles.h"

// The inner loops of gridding and degridding. A run's channels are taken 64 at a time: first their positions (double
// precision, vectorized over channels), then their kernel weights (vectorized over the kernel's cells), then the tile.
// Neighboring channels mostly start in the same cell: such a group keeps the kernel's rows of the tile in registers
// and touches memory once per group, not once per visibility, which is the larger part of the speed.
namespace contimg::imaging {
namespace {

// Vectors never cross a call: every function that takes or gives one is inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

typedef float Vector __attribute__((vector_size(32), aligned(4), may_alias));  // 8 floats
static_assert(kMaxWidth == 8);
constexpr std::size_t kRow = 2 * kTileColumns;
constexpr std::size_t kChunk = 64;
constexpr int kMaxDegree = kernel_degree(kMaxWidth);

CONTIMG_INLINE Vector load(const float* p) { return *reinterpret_cast<const Vector*>(p); }
CONTIMG_INLINE void store(float* p, Vector v) { *reinterpret_cast<Vector*>(p) = v; }

/// A kernel's polynomials in single precision, one vector per power; powers above its degree are 0.
struct Polynomials {
  alignas(32) float coefficients[kMaxDegree + 1][kMaxWidth] = {};

  explicit Polynomials(const GriddingKernel& kernel) {
    for (int k = 0; k <= kernel.degree; ++k)
      for (int j = 0; j < kMaxWidth; ++j) coefficients[k][j] = static_cast<float>(kernel.coefficients[k][j]);
  }
};

/// Up to kChunk visibilities of one run: all channels in `offset` to `cosine`, those with a weight in `cell` to `im`.
struct Chunk {
  int offset[kChunk];                                  // of the kernel's first cell in a tile plane
  float u[kChunk], v[kChunk], w[kChunk];               // t = 2 f, see GriddingKernel
  float cycles[kChunk], sine[kChunk], cosine[kChunk];  // the shift that centers the band of n - 1
  std::size_t count;
  int cell[kChunk];
  std::size_t channel[kChunk];
  alignas(32) float weight_u[kChunk][kMaxWidth], weight_v[kChunk][kMaxWidth], weight_w[kChunk][kMaxWidth];
  float re[kChunk], im[kChunk];
};

/// What is common to all runs of an item.
struct ItemContext {
  const GriddingPlan& plan;
  const double* freq_hz;
  Polynomials uv, w;
  double plane;

  ItemContext(const GriddingPlan& the_plan, const TileItem& item, NdView<const double, 1> frequencies)
      : plan(the_plan), freq_hz(frequencies.data()), uv(plan.kernel_uv), w(plan.kernel_w), plane(item.plane) {}
};

/// x from 0 to `last`; std::clamp goes through memory and does not vectorize.
CONTIMG_INLINE double clamped(double x, double last) {
  const double positive = x > 0 ? x : 0;
  return positive < last ? positive : last;
}

/// Positions of n channels from `first` on.
CONTIMG_INLINE void locate(const ItemContext& item, const VisibilityRun& run, std::size_t first, std::size_t n,
                           Chunk& chunk) {
  const GriddingPlan& plan = item.plan;
  const GridRow& row = plan.rows[run.row];
  const double half = plan.kernel_uv.width / 2.0, f0 = item.freq_hz[run.first_channel];
  // The tile of the run in unwrapped cells: from its first channel by the same arithmetic as when it was sorted.
  const double origin_u = static_cast<double>(tile_of_cell(std::ceil(row.u_cells_per_hz * f0 - half)) * kTileSize);
  const double origin_v = static_cast<double>(tile_of_cell(std::ceil(row.v_cells_per_hz * f0 - half)) * kTileSize);
  const double center = half - 0.5, center_w = (plan.kernel_w.width - 1) / 2.0 + item.plane;
  const double last = kTileSize - 1, planes_per_hz = row.w_per_hz / plan.w_step,
               first_plane = plan.first_w / plan.w_step;
  const double* freq_hz = item.freq_hz + first;
  for (std::size_t k = 0; k < n; ++k) {
    const double u = row.u_cells_per_hz * freq_hz[k] - origin_u, v = row.v_cells_per_hz * freq_hz[k] - origin_v;
    // Clamped: sorting and this loop may round differently at the edge of a tile, where either choice is right.
    const double start_u = clamped(std::ceil(u - half), last), start_v = clamped(std::ceil(v - half), last);
    chunk.offset[k] = static_cast<int>(start_v) * static_cast<int>(kRow) + static_cast<int>(start_u);
    chunk.u[k] = static_cast<float>(2 * (u - start_u - center));
    chunk.v[k] = static_cast<float>(2 * (v - start_v - center));
    chunk.w[k] = static_cast<float>(2 * (planes_per_hz * freq_hz[k] - first_plane - center_w));
    const double cycles = plan.w_shift * row.w_per_hz * freq_hz[k];
    chunk.cycles[k] = static_cast<float>(cycles - nearest_integer(cycles));
  }
  for (std::size_t k = 0; k < n; ++k) sincos_cycles(chunk.cycles[k], chunk.sine[k], chunk.cosine[k]);
}

/// Kernel weights of the channels that have a weight. The w kernel is at most as wide as the others, so one degree does
/// for all; three sums at a time hide each other's latency.
template <int kDegree>
CONTIMG_INLINE void weigh(const ItemContext& item, const float* weights, std::size_t n, Chunk& chunk) {
  std::size_t count = 0;
  for (std::size_t k = 0; k < n; ++k) {
    if (weights[k] == 0) continue;
    Vector u = load(item.uv.coefficients[kDegree]), v = u, w = load(item.w.coefficients[kDegree]);
    for (int power = kDegree - 1; power >= 0; --power) {
      const Vector coefficients = load(item.uv.coefficients[power]);
      u = u * chunk.u[k] + coefficients;
      v = v * chunk.v[k] + coefficients;
      w = w * chunk.w[k] + load(item.w.coefficients[power]);
    }
    store(chunk.weight_u[count], u);
    store(chunk.weight_v[count], v);
    store(chunk.weight_w[count], w);
    chunk.cell[count] = chunk.offset[k];
    chunk.channel[count] = k;
    ++count;
  }
  chunk.count = count;
}

/// Adds visibilities [begin, end) of the chunk, which share their cell, to kRows rows of one plane.
template <int kFirstRow, int kRows>
CONTIMG_INLINE void spread_rows(const Chunk& chunk, std::size_t begin, std::size_t end, int plane, float* rows) {
  Vector re[kRows], im[kRows];
  for (int j = 0; j < kRows; ++j) {
    re[j] = load(rows + (kFirstRow + j) * kRow);
    im[j] = load(rows + (kFirstRow + j) * kRow + kTileColumns);
  }
  for (std::size_t k = begin; k < end; ++k) {
    const Vector u = load(chunk.weight_u[k]);
    const Vector u_re = u * (chunk.re[k] * chunk.weight_w[k][plane]),
                 u_im = u * (chunk.im[k] * chunk.weight_w[k][plane]);
    for (int j = 0; j < kRows; ++j) {
      re[j] += u_re * chunk.weight_v[k][kFirstRow + j];
      im[j] += u_im * chunk.weight_v[k][kFirstRow + j];
    }
  }
  for (int j = 0; j < kRows; ++j) {
    store(rows + (kFirstRow + j) * kRow, re[j]);
    store(rows + (kFirstRow + j) * kRow + kTileColumns, im[j]);
  }
}

/// Adds to sums[k] what kRows rows of one plane give to visibilities [begin, end); the sum over u is left to the end.
template <int kFirstRow, int kRows>
CONTIMG_INLINE void interpolate_rows(const Chunk& chunk, std::size_t begin, std::size_t end, int plane,
                                     const float* rows, float (*sums)[2 * kMaxWidth]) {
  Vector re[kRows], im[kRows];
  for (int j = 0; j < kRows; ++j) {
    re[j] = load(rows + (kFirstRow + j) * kRow);
    im[j] = load(rows + (kFirstRow + j) * kRow + kTileColumns);
  }
  for (std::size_t k = begin; k < end; ++k) {
    Vector sum_re = re[0] * chunk.weight_v[k][kFirstRow], sum_im = im[0] * chunk.weight_v[k][kFirstRow];
    for (int j = 1; j < kRows; ++j) {
      sum_re += re[j] * chunk.weight_v[k][kFirstRow + j];
      sum_im += im[j] * chunk.weight_v[k][kFirstRow + j];
    }
    store(sums[k], load(sums[k]) + sum_re * chunk.weight_w[k][plane]);
    store(sums[k] + kMaxWidth, load(sums[k] + kMaxWidth) + sum_im * chunk.weight_w[k][plane]);
  }
}

/// One past the last visibility from `begin` on that has the same cell.
CONTIMG_INLINE std::size_t end_of_group(const Chunk& chunk, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < chunk.count && chunk.cell[end] == chunk.cell[begin]) ++end;
  return end;
}

// 16 vector registers hold six rows of a complex plane and what multiplies them; wider kernels go in two parts.
template <int kWidth>
CONTIMG_INLINE void spread_chunk(const Chunk& chunk, int n_planes, float* tile) {
  for (std::size_t begin = 0, end; begin < chunk.count; begin = end) {
    end = end_of_group(chunk, begin);
    for (int plane = 0; plane < n_planes; ++plane) {
      float* rows = tile + plane * kTilePlane + chunk.cell[begin];
      if constexpr (kWidth <= 6) {
        spread_rows<0, kWidth>(chunk, begin, end, plane, rows);
      } else {
        spread_rows<0, 4>(chunk, begin, end, plane, rows);
        spread_rows<4, kWidth - 4>(chunk, begin, end, plane, rows);
      }
    }
  }
}

template <int kWidth>
CONTIMG_INLINE void interpolate_chunk(const Chunk& chunk, int n_planes, const float* tile,
                                      float (*sums)[2 * kMaxWidth]) {
  for (std::size_t begin = 0, end; begin < chunk.count; begin = end) {
    end = end_of_group(chunk, begin);
    for (int plane = 0; plane < n_planes; ++plane) {
      const float* rows = tile + plane * kTilePlane + chunk.cell[begin];
      if constexpr (kWidth <= 6) {
        interpolate_rows<0, kWidth>(chunk, begin, end, plane, rows, sums);
      } else {
        interpolate_rows<0, 4>(chunk, begin, end, plane, rows, sums);
        interpolate_rows<4, kWidth - 4>(chunk, begin, end, plane, rows, sums);
      }
    }
  }
}

/// Sum of 8 floats, in a fixed order.
CONTIMG_INLINE float total(Vector v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }

template <int kWidth>
CONTIMG_INLINE void spread_runs(const ItemContext& item, const VisibilityRun* begin, const VisibilityRun* end,
                                const std::complex<float>* visibilities, const float* weights, std::size_t n_channels,
                                float* tile) {
  Chunk chunk;
  for (const VisibilityRun* run = begin; run != end; ++run) {
    const float sign = item.plan.rows[run->row].conjugate ? -1.0f : 1.0f;
    for (std::size_t first = run->first_channel; first < run->end_channel; first += kChunk) {
      const std::size_t n = std::min<std::size_t>(kChunk, run->end_channel - first), at = run->row * n_channels + first;
      locate(item, *run, first, n, chunk);
      weigh<kernel_degree(kWidth)>(item, weights + at, n, chunk);
      for (std::size_t k = 0; k < chunk.count; ++k) {
        const std::size_t channel = chunk.channel[k];
        const float* visibility = reinterpret_cast<const float*>(visibilities + at + channel);
        const float re = weights[at + channel] * visibility[0], im = sign * weights[at + channel] * visibility[1];
        chunk.re[k] = re * chunk.cosine[channel] + im * chunk.sine[channel];
        chunk.im[k] = im * chunk.cosine[channel] - re * chunk.sine[channel];
      }
      spread_chunk<kWidth>(chunk, item.plan.kernel_w.width, tile);
    }
  }
}

template <int kWidth>
CONTIMG_INLINE void interpolate_runs(const ItemContext& item, const VisibilityRun* begin, const VisibilityRun* end,
                                     const float* tile, const float* weights, std::size_t n_channels,
                                     std::complex<float>* visibilities) {
  Chunk chunk;
  alignas(32) float sums[kChunk][2 * kMaxWidth];
  for (const VisibilityRun* run = begin; run != end; ++run) {
    const float sign = item.plan.rows[run->row].conjugate ? -1.0f : 1.0f;
    for (std::size_t first = run->first_channel; first < run->end_channel; first += kChunk) {
      const std::size_t n = std::min<std::size_t>(kChunk, run->end_channel - first), at = run->row * n_channels + first;
      locate(item, *run, first, n, chunk);
      weigh<kernel_degree(kWidth)>(item, weights + at, n, chunk);
      std::memset(sums, 0, chunk.count * sizeof(sums[0]));
      interpolate_chunk<kWidth>(chunk, item.plan.kernel_w.width, tile, sums);
      for (std::size_t k = 0; k < chunk.count; ++k) {
        const std::size_t channel = chunk.channel[k];
        const Vector u = load(chunk.weight_u[k]);
        const float re = total(load(sums[k]) * u), im = total(load(sums[k] + kMaxWidth) * u);
        float* visibility = reinterpret_cast<float*>(visibilities + at + channel);
        visibility[0] = re * chunk.cosine[channel] - im * chunk.sine[channel];
        visibility[1] = sign * (im * chunk.cosine[channel] + re * chunk.sine[channel]);
      }
    }
  }
}

CONTIMG_SIMD void spread(const ItemContext& item, const VisibilityRun* begin, const VisibilityRun* end,
                         const std::complex<float>* visibilities, const float* weights, std::size_t n_channels,
                         float* tile) {
  switch (item.plan.kernel_uv.width) {
    case 3:
      return spread_runs<3>(item, begin, end, visibilities, weights, n_channels, tile);
    case 4:
      return spread_runs<4>(item, begin, end, visibilities, weights, n_channels, tile);
    case 5:
      return spread_runs<5>(item, begin, end, visibilities, weights, n_channels, tile);
    case 6:
      return spread_runs<6>(item, begin, end, visibilities, weights, n_channels, tile);
    case 7:
      return spread_runs<7>(item, begin, end, visibilities, weights, n_channels, tile);
    default:
      return spread_runs<8>(item, begin, end, visibilities, weights, n_channels, tile);
  }
}

CONTIMG_SIMD void interpolate(const ItemContext& item, const VisibilityRun* begin, const VisibilityRun* end,
                              const float* tile, const float* weights, std::size_t n_channels,
                              std::complex<float>* visibilities) {
  switch (item.plan.kernel_uv.width) {
    case 3:
      return interpolate_runs<3>(item, begin, end, tile, weights, n_channels, visibilities);
    case 4:
      return interpolate_runs<4>(item, begin, end, tile, weights, n_channels, visibilities);
    case 5:
      return interpolate_runs<5>(item, begin, end, tile, weights, n_channels, visibilities);
    case 6:
      return interpolate_runs<6>(item, begin, end, tile, weights, n_channels, visibilities);
    case 7:
      return interpolate_runs<7>(item, begin, end, tile, weights, n_channels, visibilities);
    default:
      return interpolate_runs<8>(item, begin, end, tile, weights, n_channels, visibilities);
  }
}

}  // namespace

void spread_item(const GriddingPlan& plan, const TiledVisibilities& tiled, const TileItem& item,
                 NdView<const double, 1> freq_hz, NdView<const std::complex<float>, 2> visibilities,
                 NdView<const float, 2> weights, float* tile) {
  spread(ItemContext(plan, item, freq_hz), tiled.runs.data() + item.first_run, tiled.runs.data() + item.end_run,
         visibilities.data(), weights.data(), freq_hz.size(), tile);
}

void interpolate_item(const GriddingPlan& plan, const TiledVisibilities& tiled, const TileItem& item,
                      NdView<const double, 1> freq_hz, const float* tile, NdView<const float, 2> weights,
                      NdView<std::complex<float>, 2> visibilities) {
  interpolate(ItemContext(plan, item, freq_hz), tiled.runs.data() + item.first_run, tiled.runs.data() + item.end_run,
              tile, weights.data(), freq_hz.size(), visibilities.data());
}

}  // namespace contimg::imaging
