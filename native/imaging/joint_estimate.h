#pragma once

#include <cmath>
#include <vector>

#include "imaging/joint_tile.h"

namespace contimg::imaging {

/// The linear mosaic of tiles that share their pixels: the sum of A D / sigma^2 over that of A^2 / sigma^2, with each
/// tile's primary beam A, its image D and the noise sigma of that (Sault, Staveley-Smith & Brouw 1996).
class JointEstimate {
 public:
  /// Takes sigma from the tiles as they are.
  /// @param tiles   outlive this
  /// @param cutoff  tiles count where their primary beam is at least this
  JointEstimate(const std::vector<JointTile>& tiles, const SkyGrid& mosaic, double cutoff, unsigned threads);

  /// The sum of A^2 / sigma^2, (ny, nx), (beam/Jy)^2, and the number of tiles that count.
  NdArray<float, 2> weight, coverage;

  /// Of the tiles' residuals now, Jy/beam, not attenuated; NaN where no tile counts.
  NdArray<float, 2> mosaic() const;

  /// That times response(): of the same noise everywhere, the least that the mosaic has; NaN where no tile counts.
  void flat_noise(NdView<float, 2> image) const;

  /// What 1 Jy is in flat_noise(), by the place in the image.
  float response(std::size_t i) const { return std::sqrt(weight.data()[i] / highest_weight_); }

  /// Pixels for which a tile counts.
  std::size_t n_pixels(std::size_t tile) const { return n_pixels_[tile]; }

 private:
  NdArray<float, 2> numerator() const;

  const std::vector<JointTile>& tiles_;
  std::vector<double> sigma_jy_;
  std::vector<std::size_t> n_pixels_;
  double cutoff_;
  unsigned threads_;
  float highest_weight_ = 0;
};

}  // namespace contimg::imaging
