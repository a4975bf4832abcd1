#pragma once

#include <cstdint>
#include <vector>

#include "mosaic/tile_sampler.h"

namespace contimg::mosaic {

/// Leaves out pixels of one tile that the others contradict: where at least three tiles count, those whose I / A is
/// further from the median of all than `sigmas` times its noise and `fraction` of the median.
struct Rejection {
  double sigmas = 0;  ///< 0: reject nothing
  double fraction = 0;
};

/// How a tile agrees with the mosaic of the others, where they overlap; sums over pixels of the mosaic.
struct TileResult {
  std::uint64_t pixels = 0;    ///< to which the tile contributed
  std::uint64_t rejected = 0;  ///< that were left out
  /// (I - A mosaic)^2 over its expectation sigma^2 (1 - the tile's part of the weight), summed, and its number.
  double chi_square = 0;
  std::uint64_t compared = 0;
  /// Normal equations of I / A = g M - dx dM/dx - dy dM/dy over pixels where M, the mosaic of the others, is above
  /// 10 times its noise: upper triangle, right-hand side.
  double normal[6] = {}, right[3] = {};
  std::uint64_t bright = 0;

  void add(const TileResult& other);
};

/// The solution of a tile's normal equations.
struct Agreement {
  double flux_ratio = 0;  ///< of the tile to the mosaic of the others
  double x = 0, y = 0;    ///< of the tile's sources from the others', pixels of the mosaic; good while below a beam
};

/// NaN where too few bright pixels determine it.
Agreement agreement_of(const TileResult& result);

/// A tile on all pixels of a block of the output, kept for comparison; A is 0 where it does not count.
struct TileSamples {
  std::vector<float> image, beam, variance;  ///< row by row

  void start(const Window& block);
  void keep(const Window& block, const SampledRow& row);
};

/// The sums of one block of the output, and the products that they make.
class BlockCombiner {
 public:
  explicit BlockCombiner(const Rejection& rejection) : rejection_(rejection) {}

  /// Begins a block with all sums 0.
  void start(const Window& block);
  /// Adds a tile, or a row of one. Returns the number of pixels that it contributed to.
  std::uint64_t add(const TileSamples& samples);
  std::uint64_t add(const SampledRow& row);
  /// Sets A to 0 where a pixel of a tile is rejected; before any is added. One result per tile, as below.
  void reject(std::vector<TileSamples>* tiles, const std::vector<TileResult*>& results) const;
  /// Compares each tile with what all make together, and makes chi-square; after all were added.
  void compare(const std::vector<TileSamples>& tiles, const std::vector<TileResult*>& results);

  const Window& block() const { return block_; }
  /// Products of a row of the block.
  void mosaic(std::size_t row, float* out) const;
  void weight(std::size_t row, float* out) const;
  void rms(std::size_t row, float* out) const;
  void coverage(std::size_t row, float* out) const;
  void chi_square(std::size_t row, float* out) const;

 private:
  void compare_brightness(const TileSamples& samples, TileResult* result) const;

  Rejection rejection_;
  Window block_;
  std::vector<float> numerator_, weight_, coverage_, chi_square_;
};

}  // namespace contimg::mosaic
