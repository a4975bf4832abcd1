#pragma once

#include <cstddef>

#include "core/observation.h"
#include "core/vec3.h"

namespace contimg::mosaic {

/// An image in projection SIN, y to the north, x to the west: docs/conventions.md section 8.
struct SinGrid {
  Direction center;
  double cell_rad = 0;
  double center_x = 0, center_y = 0;  ///< pixel of `center`, counted from 0
  std::size_t nx = 0, ny = 0;
};

/// Where the pixels of one grid lie on another.
///
/// Exact: direction cosines about one center are a rotation of those about the other, so a pixel costs one square root
/// and nine multiplications, and no trigonometry.
class PixelMap {
 public:
  PixelMap(const SinGrid& from, const SinGrid& to);

  struct Position {
    double x, y;
  };
  /// Position on `to` of a position on `from`; NaN where either projection cannot show it.
  Position operator()(double x, double y) const;

 private:
  Vec3 l_, m_, n_;  // rows of the rotation: direction cosines on `to` from those on `from`
  double from_cell_, from_x_, from_y_, to_cell_, to_x_, to_y_;
};

/// A rectangle of pixels, ends excluded.
struct Window {
  std::size_t x_begin = 0, x_end = 0, y_begin = 0, y_end = 0;
  std::size_t width() const { return x_end - x_begin; }
  std::size_t height() const { return y_end - y_begin; }
};

/// The part of `output` that may show pixels of `tile`: never too small, and empty where they do not overlap.
Window footprint(const SinGrid& tile, const SinGrid& output);

}  // namespace contimg::mosaic
