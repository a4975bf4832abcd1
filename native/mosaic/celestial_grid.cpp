#include "mosaic/celestial_grid.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace contimg::mosaic {
namespace {

constexpr double kNowhere = std::numeric_limits<double>::quiet_NaN();

/// (l, m, n) from intermediate coordinates.
Vec3 deproject(const CelestialGrid& grid, double p, double q) {
  const double r2 = p * p + q * q;
  switch (grid.projection) {
    case Projection::kSin: {
      // l = X + xi n, m = Y + eta n with X = p - xi, Y = q - eta: a quadratic in n, of which the root near the pole.
      const double xi = grid.slant_x, eta = grid.slant_y;
      if (xi == 0 && eta == 0) return {p, q, std::sqrt(1 - r2)};
      const double x = p - xi, y = q - eta;
      const double a = 1 + xi * xi + eta * eta, b = x * xi + y * eta, c = x * x + y * y - 1;
      const double n = (std::sqrt(b * b - a * c) - b) / a;
      return {x + xi * n, y + eta * n, n};
    }
    case Projection::kTan: {
      const double n = 1 / std::sqrt(1 + r2);
      return {p * n, q * n, n};
    }
    case Projection::kZea: {
      if (r2 > 4) return {kNowhere, kNowhere, kNowhere};
      const double scale = std::sqrt(1 - r2 / 4);
      return {p * scale, q * scale, 1 - r2 / 2};
    }
    case Projection::kCar: {
      if (std::abs(p) > kPi || std::abs(q) > kPi / 2) return {kNowhere, kNowhere, kNowhere};
      return {std::cos(q) * std::sin(p), -std::cos(q) * std::cos(p), std::sin(q)};
    }
  }
  return {kNowhere, kNowhere, kNowhere};
}

/// Intermediate coordinates of (l, m, n); NaN where the projection does not show it.
PixelMap::Position project_local(const CelestialGrid& grid, const Vec3& s) {
  switch (grid.projection) {
    case Projection::kSin: {
      const double xi = grid.slant_x, eta = grid.slant_y;
      if (!(s.z + xi * s.x + eta * s.y > 0)) break;  // the far side
      return {s.x + xi * (1 - s.z), s.y + eta * (1 - s.z)};
    }
    case Projection::kTan:
      if (!(s.z > 0)) break;
      return {s.x / s.z, s.y / s.z};
    case Projection::kZea: {
      if (!(s.z > -1)) break;
      const double scale = std::sqrt(2 / (1 + s.z));
      return {s.x * scale, s.y * scale};
    }
    case Projection::kCar:
      return {std::atan2(s.x, -s.y), std::atan2(s.z, std::hypot(s.x, s.y))};
  }
  return {kNowhere, kNowhere};
}

/// Calls visit(x, y) for the corners of the image's area and for points between them, at most 8 pixels apart.
template <typename Visit>
void walk_border(const CelestialGrid& grid, Visit visit) {
  const double right = static_cast<double>(grid.nx) - 0.5, top = static_cast<double>(grid.ny) - 0.5;
  const auto steps = [](std::size_t n) { return static_cast<int>(n / 8 + 1); };
  for (int i = 0, n = steps(grid.nx); i <= n; ++i)
    for (double y : {-0.5, top}) visit(-0.5 + (right + 0.5) * i / n, y);
  for (int i = 0, n = steps(grid.ny); i <= n; ++i)
    for (double x : {-0.5, right}) visit(x, -0.5 + (top + 0.5) * i / n);
}

/// Whether a tile is so large, or holds such a point of the output's projection, that what lies inside its border does
/// not lie inside the image of its border.
bool border_does_not_tell(const CelestialGrid& tile, const CelestialGrid& output) {
  constexpr double kLarge = kPi / 3;
  const auto& [a, b, c, d] = tile.matrix;
  if (static_cast<double>(tile.nx) * std::hypot(a, c) > kLarge) return true;
  if (static_cast<double>(tile.ny) * std::hypot(b, d) > kLarge) return true;
  if (output.projection == Projection::kSin || output.projection == Projection::kTan) return false;
  for (double sign : {1.0, -1.0}) {
    const CelestialGrid at_pole = north_up_grid(direction_of(sign * output.axes[2]), 1, 0, 0, 1, 1);
    const PixelMap::Position p = PixelMap(at_pole, tile)(0, 0);
    if (p.x > -1 && p.y > -1 && p.x < static_cast<double>(tile.nx) && p.y < static_cast<double>(tile.ny)) return true;
  }
  return false;
}

std::size_t clamp_to(double value, std::size_t extent) {
  return static_cast<std::size_t>(std::clamp(value, 0.0, static_cast<double>(extent)));
}

}  // namespace

CelestialGrid north_up_grid(const Direction& center, double cell_rad, double center_x, double center_y, std::size_t nx,
                            std::size_t ny, Projection projection) {
  const TangentAxes axes = tangent_axes(center);
  return {projection, 0, 0, {-cell_rad, 0, 0, cell_rad}, center_x, center_y, {axes.east, axes.north, axes.center},
          nx,         ny};
}

PixelMap::PixelMap(const CelestialGrid& from, const CelestialGrid& to) : from_(from), to_(to) {
  const auto& [a, b, c, d] = to.matrix;
  const double determinant = a * d - b * c;
  inverse_ = {d / determinant, -b / determinant, -c / determinant, a / determinant};
}

Vec3 PixelMap::direction(double x, double y) const {
  const double dx = x - from_.reference_x, dy = y - from_.reference_y;
  const auto& [a, b, c, d] = from_.matrix;
  const Vec3 s = deproject(from_, a * dx + b * dy, c * dx + d * dy);
  return s.x * from_.axes[0] + s.y * from_.axes[1] + s.z * from_.axes[2];
}

PixelMap::Position PixelMap::project(const Vec3& direction) const {
  const Vec3 s{dot(direction, to_.axes[0]), dot(direction, to_.axes[1]), dot(direction, to_.axes[2])};
  const Position at = project_local(to_, s);
  return {to_.reference_x + inverse_[0] * at.x + inverse_[1] * at.y,
          to_.reference_y + inverse_[2] * at.x + inverse_[3] * at.y};
}

PixelMap::Position step_size(const PixelMap& map, double x, double y) {
  const auto here = map(x, y), right = map(x + 1, y), up = map(x, y + 1);
  return {std::hypot(right.x - here.x, up.x - here.x), std::hypot(right.y - here.y, up.y - here.y)};
}

Window footprint(const CelestialGrid& tile, const CelestialGrid& output) {
  const PixelMap map(tile, output);
  double x_min = 1e300, x_max = -1e300, y_min = 1e300, y_max = -1e300;
  bool whole = border_does_not_tell(tile, output);
  walk_border(tile, [&](double x, double y) {
    const PixelMap::Position p = map(x, y);
    if (std::isnan(p.x)) whole = true;
    x_min = std::min(x_min, p.x);
    x_max = std::max(x_max, p.x);
    y_min = std::min(y_min, p.y);
    y_max = std::max(y_max, p.y);
  });
  // In kCar a tile across native longitude 180 has parts at both ends.
  const double turn = 2 * kPi / std::hypot(output.matrix[0], output.matrix[2]);
  if (whole || (output.projection == Projection::kCar && x_max - x_min > turn / 2)) return {0, output.nx, 0, output.ny};
  // The border is curved: between two points 8 pixels apart it bulges by far less than the pixel allowed here.
  Window window{clamp_to(std::floor(x_min) - 1, output.nx), clamp_to(std::ceil(x_max) + 2, output.nx),
                clamp_to(std::floor(y_min) - 1, output.ny), clamp_to(std::ceil(y_max) + 2, output.ny)};
  return window.empty() ? Window{} : window;
}

}  // namespace contimg::mosaic
