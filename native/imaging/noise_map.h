#pragma once

#include <cstddef>

#include "core/nd_array.h"

namespace contimg::imaging {

/// How noisy an image is from place to place: mad_sigma in boxes, linear between their centers.
///
/// A box reaches far beyond a source, which therefore does not count, but its sidelobes, which fill the box, do.
class NoiseMap {
 public:
  /// @param box  side of a box, pixels, about: boxes divide the image evenly; 0: one box
  /// Deterministic, whatever the number of threads.
  NoiseMap(NdView<const float, 2> image, std::size_t box, unsigned threads);

  /// Writes sigma along row y, (nx).
  void fill_row(std::size_t y, float* sigma) const;

 private:
  std::size_t ny_, nx_;
  NdArray<float, 2> sigma_;  ///< of the boxes
};

}  // namespace contimg::imaging
