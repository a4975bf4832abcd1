#include "mosaic/sin_grid.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace contimg::mosaic {
namespace {

struct Axes {
  Vec3 east, north, center;
};

Axes axes_at(const Direction& direction) {
  const double sin_ra = std::sin(direction.ra_rad), cos_ra = std::cos(direction.ra_rad);
  const double sin_dec = std::sin(direction.dec_rad), cos_dec = std::cos(direction.dec_rad);
  return {{-sin_ra, cos_ra, 0},
          {-sin_dec * cos_ra, -sin_dec * sin_ra, cos_dec},
          {cos_dec * cos_ra, cos_dec * sin_ra, sin_dec}};
}

/// Calls visit(x, y) for the corners of the image's area and for points between them, at most 8 pixels apart.
template <typename Visit>
void walk_border(const SinGrid& grid, Visit visit) {
  const double right = static_cast<double>(grid.nx) - 0.5, top = static_cast<double>(grid.ny) - 0.5;
  const auto steps = [](std::size_t n) { return static_cast<int>(n / 8 + 1); };
  for (int i = 0, n = steps(grid.nx); i <= n; ++i)
    for (double y : {-0.5, top}) visit(-0.5 + (right + 0.5) * i / n, y);
  for (int i = 0, n = steps(grid.ny); i <= n; ++i)
    for (double x : {-0.5, right}) visit(x, -0.5 + (top + 0.5) * i / n);
}

std::size_t clamp_to(double value, std::size_t extent) {
  return static_cast<std::size_t>(std::clamp(value, 0.0, static_cast<double>(extent)));
}

}  // namespace

PixelMap::PixelMap(const SinGrid& from, const SinGrid& to)
    : from_cell_(from.cell_rad),
      from_x_(from.center_x),
      from_y_(from.center_y),
      to_cell_(to.cell_rad),
      to_x_(to.center_x),
      to_y_(to.center_y) {
  const Axes a = axes_at(from.center), b = axes_at(to.center);
  l_ = {dot(b.east, a.east), dot(b.east, a.north), dot(b.east, a.center)};
  m_ = {dot(b.north, a.east), dot(b.north, a.north), dot(b.north, a.center)};
  n_ = {dot(b.center, a.east), dot(b.center, a.north), dot(b.center, a.center)};
}

PixelMap::Position PixelMap::operator()(double x, double y) const {
  constexpr double kNowhere = std::numeric_limits<double>::quiet_NaN();
  const double l = (from_x_ - x) * from_cell_, m = (y - from_y_) * from_cell_;
  const Vec3 s{l, m, std::sqrt(1 - l * l - m * m)};
  if (!(dot(n_, s) > 0)) return {kNowhere, kNowhere};
  return {to_x_ - dot(l_, s) / to_cell_, to_y_ + dot(m_, s) / to_cell_};
}

Window footprint(const SinGrid& tile, const SinGrid& output) {
  const PixelMap map(tile, output);
  double x_min = 1e300, x_max = -1e300, y_min = 1e300, y_max = -1e300;
  bool all_visible = true;
  walk_border(tile, [&](double x, double y) {
    const PixelMap::Position p = map(x, y);
    if (std::isnan(p.x)) all_visible = false;
    x_min = std::min(x_min, p.x);
    x_max = std::max(x_max, p.x);
    y_min = std::min(y_min, p.y);
    y_max = std::max(y_max, p.y);
  });
  // A tile that reaches over the horizon of the output has no border there to go by.
  if (!all_visible) return {0, output.nx, 0, output.ny};
  // The border is curved: between two points 8 pixels apart it bulges by far less than the pixel allowed here.
  Window window{clamp_to(std::floor(x_min) - 1, output.nx), clamp_to(std::ceil(x_max) + 2, output.nx),
                clamp_to(std::floor(y_min) - 1, output.ny), clamp_to(std::ceil(y_max) + 2, output.ny)};
  if (window.width() == 0 || window.height() == 0) window = {};
  return window;
}

}  // namespace contimg::mosaic
