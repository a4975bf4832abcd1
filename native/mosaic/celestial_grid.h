#pragma once

#include <array>
#include <cstddef>

#include "core/observation.h"
#include "core/pixel_access.h"
#include "core/vec3.h"

namespace contimg::mosaic {

/// Projections of FITS WCS paper II (Calabretta & Greisen 2002, A&A 395, 1077).
enum class Projection {
  kSin,  ///< orthographic, with or without slant
  kTan,  ///< gnomonic
  kZea,  ///< zenithal equal area
  kCar   ///< plate carree
};

/// The pixels of an image on the sky.
///
/// A pixel's intermediate coordinates (p, q), radians, are `matrix` times its distance from the reference pixel. The
/// projection makes of them a unit vector (l, m, n), whose n points to the native pole and, in zenithal projections
/// with north up, l to the east and m to the north: l = cos(theta) sin(phi), m = -cos(theta) cos(phi), n = sin(theta)
/// in paper II's native longitude and latitude. `axes` are the directions of l, m and n on the sky.
struct CelestialGrid {
  Projection projection = Projection::kSin;
  double slant_x = 0, slant_y = 0;          ///< of kSin: PV2_1 and PV2_2
  std::array<double, 4> matrix{};           ///< rad per pixel: dp/dx, dp/dy, dq/dx, dq/dy
  double reference_x = 0, reference_y = 0;  ///< counted from 0
  std::array<Vec3, 3> axes{};
  std::size_t nx = 0, ny = 0;
};

/// SIN without slant, y to the north, x to the west: docs/conventions.md section 8.
CelestialGrid north_up_grid(const Direction& center, double cell_rad, double center_x, double center_y, std::size_t nx,
                            std::size_t ny, Projection projection = Projection::kSin);

/// Where the pixels of one grid lie on another, exactly: no trigonometry but in kCar.
class PixelMap {
 public:
  PixelMap(const CelestialGrid& from, const CelestialGrid& to);

  struct Position {
    double x, y;
  };
  /// Position on `to` of a position on `from`; NaN where either projection cannot show it.
  Position operator()(double x, double y) const { return project(direction(x, y)); }

  /// The direction that `from` shows at (x, y), a unit vector on ICRS axes; NaN where it shows none.
  Vec3 direction(double x, double y) const;
  /// Position on `to` of a direction; NaN where `to` cannot show it.
  Position project(const Vec3& direction) const;

 private:
  CelestialGrid from_, to_;
  std::array<double, 4> inverse_;  ///< of to_.matrix
};

/// Pixels of `to` per pixel of `from` along each axis of `to`, at a position on `from`: at least what a step of one
/// pixel in x or y makes. NaN where the map is.
PixelMap::Position step_size(const PixelMap& map, double x, double y);

/// The part of `output` that may show pixels of `tile`: never too small, and empty where they do not overlap.
Window footprint(const CelestialGrid& tile, const CelestialGrid& output);

}  // namespace contimg::mosaic
