#pragma once

#include <cstddef>
#include <vector>

#include "mosaic/celestial_grid.h"
#include "mosaic/radial_beam.h"

namespace contimg::mosaic {

/// Where a block of output pixels lies on a tile, and how the tile's primary beam responds there.
///
/// Both are computed exactly at the nodes of a lattice and interpolated linearly between them. The nodes are 16 pixels
/// apart, or 8, 4, 2, 1: the widest spacing at which every second node, had it been interpolated from its neighbors
/// twice as far apart, would have been right within kPositionError and kBeamError. What is interpolated is nearer its
/// nodes, so its error is about a quarter of that. Where a node cannot be projected, every pixel is computed exactly.
class PixelLattice {
 public:
  static constexpr double kPositionError = 1e-3;  ///< pixel of the tile
  static constexpr double kBeamError = 1e-4;      ///< of a response of 1
  static constexpr std::size_t kWidest = 16;

  /// @param beam  of the tile, or null
  void compute(const PixelMap& map, const Window& block, const RadialBeam* beam);

  /// No pixel of the block has a position on the tile.
  bool nowhere() const { return nowhere_; }
  std::size_t spacing() const { return spacing_; }
  /// Most that a node was off, pixel: measured as described above.
  double worst_error() const { return worst_error_; }

  /// Bounds of all positions.
  struct Bounds {
    double x_min, x_max, y_min, y_max;
    bool everywhere = false;  ///< there is one for every pixel
  };
  const Bounds& bounds() const { return bounds_; }

  /// Positions of the block's row `row` less `origin`; width() of each.
  void positions(std::size_t row, PixelMap::Position origin, float* xs, float* ys) const;
  /// Responses of the row.
  void responses(std::size_t row, float* values) const;

 private:
  void evaluate(const PixelMap& map, const Window& block, const RadialBeam* beam);
  bool accurate();
  double largest_error(const std::vector<double>& values) const;
  void interpolate(const std::vector<double>& values, std::size_t row, double origin, float* out) const;
  void find_bounds();

  std::size_t width_ = 0, spacing_ = 1;
  std::size_t rows_ = 0, columns_ = 0;  ///< of nodes, both odd while there is anything to interpolate
  std::vector<double> x_, y_, beam_;    ///< (rows_, columns_)
  bool has_beam_ = false, nowhere_ = true;
  double worst_error_ = 0;
  Bounds bounds_{};
};

}  // namespace contimg::mosaic
