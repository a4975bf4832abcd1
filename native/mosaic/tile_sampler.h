#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "mosaic/adaptive.h"
#include "mosaic/input_block.h"
#include "mosaic/mosaic_tile.h"

namespace contimg::mosaic {

/// A row of a tile on pixels of the output; A is 0, and the others are not to be looked at, where it does not count.
struct SampledRow {
  std::size_t y, x_begin, n;
  const float* image;     ///< I
  const float* beam;      ///< A
  const float* variance;  ///< sigma^2
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
    std::vector<float> xs, ys;                        ///< of a row: positions, ...
    std::vector<float> values, responses, variances;  ///< ... and what is sampled there
  };

  /// Samples the tile on the pixels of `block`: calls `consume` with every row where it may count, in ascending order.
  /// @return whether there was any
  bool sample(const Window& block, Scratch* scratch, const std::function<void(const SampledRow&)>& consume) const;

  /// Interpolates the image alone, wherever it has values: one for every pixel of `block`, NaN elsewhere.
  void sample_image(const Window& block, Scratch* scratch, std::vector<float>* values) const;

 private:
  /// Pixels around a position that the image's kernels may want.
  std::size_t margin(const AdaptiveKernel& adaptive) const;
  /// Pixels [begin, end) of the row whose positions stand in the scratch.
  void sample_pixels(const AdaptiveKernel& adaptive, const Scratch& scratch, std::size_t begin, std::size_t end,
                     float* values) const;
  const BeamConvolver* convolver() const { return tile_.convolver ? &*tile_.convolver : nullptr; }
  bool sample_beam(std::size_t row, std::size_t n, Scratch* scratch) const;
  void sample_variance(std::size_t begin, std::size_t end, Scratch* scratch) const;
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
