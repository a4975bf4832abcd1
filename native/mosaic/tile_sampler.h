#pragma once

#include <memory>
#include <vector>

#include "mosaic/adaptive.h"
#include "mosaic/input_block.h"
#include "mosaic/mosaic_tile.h"

namespace contimg::mosaic {

/// A tile on a block of the output's pixels, row by row: A is 0 and the others are not to be looked at where the tile
/// does not count.
struct TileSamples {
  Window block;
  std::vector<float> image;     ///< I
  std::vector<float> beam;      ///< A
  std::vector<float> variance;  ///< sigma^2
};

/// What there is to know of one tile before its pixels are sampled; shared by threads.
class TileSampler {
 public:
  /// The tile lives as long as the sampler.
  TileSampler(const MosaicTile& tile, const CelestialGrid& output, const SamplingOptions& options);

  const MosaicTile& tile() const { return tile_; }
  /// The part of the output that may show the tile.
  const Window& footprint() const { return footprint_; }
  const PixelMap& map() const { return map_; }

  /// Memory that sampling needs, of one thread.
  struct Scratch {
    PixelLattice lattice;
    InputBlock image, beam, noise;
    std::vector<float> xs, ys;
  };

  /// Samples the tile on the pixels of `block`.
  /// @return false where the tile does not count on any pixel; `samples` is not to be used then
  bool sample(const Window& block, Scratch* scratch, TileSamples* samples) const;

  /// Interpolates the image alone, wherever it has values: one for every pixel of `block`, NaN elsewhere.
  void sample_image(const Window& block, Scratch* scratch, std::vector<float>* values) const;

 private:
  bool load_image(const AdaptiveKernel& adaptive, Scratch* scratch) const;
  /// Pixels [begin, end) of the row whose positions stand in the scratch.
  void sample_pixels(const AdaptiveKernel& adaptive, const Scratch& scratch, std::size_t begin, std::size_t end,
                     float* values) const;
  void set_positions(std::size_t row, const InputBlock& input, Scratch* scratch) const;
  bool sample_beam(const Window& part, Scratch* scratch, std::vector<float>* beam) const;
  void sample_variance(const Window& part, Scratch* scratch, TileSamples* samples) const;
  AdaptiveKernel adaptive_for(const Window& block) const;
  void make_kernels();
  double remaining_variance() const;

  const MosaicTile& tile_;
  SamplingOptions options_;
  PixelMap map_;
  Window footprint_;
  double remaining_variance_ = 1;                           ///< of the noise, once interpolated
  std::shared_ptr<const KernelTable> kernel_x_, kernel_y_;  ///< along the tile's axes; null where there are none
};

}  // namespace contimg::mosaic
