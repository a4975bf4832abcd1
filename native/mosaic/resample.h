#pragma once

#include <cstddef>

#include "mosaic/kernel_table.h"

namespace contimg::mosaic {

/// The pixels of an image that a block of output needs, NaN outside the image.
struct InputView {
  const float* pixels = nullptr;  ///< pixel (0, 0)
  std::ptrdiff_t stride = 0;
  /// Positions from `begin` to below these ends have all the pixels around them that a kernel may want; others count
  /// as outside.
  float begin = 0, end_x = 0, end_y = 0;
  bool holds_all = false;  ///< every position that will be asked for

  bool holds(float x, float y) const { return holds_all || (x >= begin && y >= begin && x < end_x && y < end_y); }
};

/// Interpolates at n positions, pixels counted from 0: values[i] = image(xs[i], ys[i]). Where neither kernel is
/// stretched they are the same.
///
/// A value is NaN where the position is NaN, where one of the kernel's pixels is NaN, or where one lies outside.
void sample(const InputView& image, const KernelTable& kernel_x, const KernelTable& kernel_y, const float* xs,
            const float* ys, std::size_t n, float* values);

/// The same for 2 by 2 pixels, without a table; exact on the last row and column.
void sample_bilinear(const InputView& image, const float* xs, const float* ys, std::size_t n, float* values);

}  // namespace contimg::mosaic
