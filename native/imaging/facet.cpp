#include "imaging/facet.h"

#include <cmath>

namespace contimg::imaging {
namespace {

/// From the axes of the tile, and apparent, to those of the grid.
NdArray<Vec3, 1> turn(NdView<const Vec3, 1> uvw_m, const TileResponse& response, const Direction& grid_center) {
  const TangentAxes from = tangent_axes(response.center), to = tangent_axes(grid_center);
  const double scale = response.aberration;
  auto turned = NdArray<Vec3, 1>::uninitialized({uvw_m.size()});
  for (std::size_t row = 0; row < uvw_m.size(); ++row) {
    const Vec3& uvw = uvw_m(row);
    const Vec3 baseline = scale * (uvw.x * from.east + uvw.y * from.north + scale * uvw.z * from.center);
    turned(row) = {dot(baseline, to.east), dot(baseline, to.north), dot(baseline, to.center)};
  }
  return turned;
}

}  // namespace

Component component_at(const SkyGrid& grid, std::size_t x, std::size_t y, float flux_jy) {
  return {(static_cast<double>(grid.nx / 2) - static_cast<double>(x)) * grid.cell_rad,
          (static_cast<double>(y) - static_cast<double>(grid.ny / 2)) * grid.cell_rad, flux_jy};
}

PixelPosition position_of(const SkyGrid& grid, const Component& component) {
  return {static_cast<double>(grid.nx / 2) - component.l / grid.cell_rad,
          static_cast<double>(grid.ny / 2) + component.m / grid.cell_rad};
}

std::size_t pixel_of(const SkyGrid& grid, const Component& component) {
  const auto [x, y] = position_of(grid, component);
  return static_cast<std::size_t>(std::lround(y)) * grid.nx + static_cast<std::size_t>(std::lround(x));
}

std::vector<Component> components_of(NdView<const float, 2> model, const SkyGrid& grid) {
  std::vector<Component> components;
  for (std::size_t y = 0; y < grid.ny; ++y)
    for (std::size_t x = 0; x < grid.nx; ++x)
      if (model(y, x) != 0) components.push_back(component_at(grid, x, y, model(y, x)));
  return components;
}

Facet::Facet(const SkyGrid& grid, const TileResponse& response, NdView<const Vec3, 1> uvw_m)
    : sky_(grid), response_(response), image_{grid.nx, grid.ny, grid.cell_rad * response.aberration}, uvw_m_(uvw_m) {
  if (grid.l == 0 && grid.m == 0) return;
  image_ = {grid.nx, grid.ny, grid.cell_rad, grid.l, grid.m};
  turned_ = turn(uvw_m, response, grid.center);
}

std::vector<Component> Facet::components_of(NdView<const float, 2> model) const {
  std::vector<Component> components = imaging::components_of(model, sky_);
  if (is_own()) return components;
  const TangentAxes axes = tangent_axes(sky_.center), own = tangent_axes(response_.center);
  for (Component& component : components) {
    const Vec3 direction = unit_vector_of(axes, sky_.l + component.l, sky_.m + component.m);
    component.l = dot(direction, own.east);
    component.m = dot(direction, own.north);
  }
  return components;
}

Facet::Pixel Facet::pixel_of(const Component& component) const {
  double l = component.l, m = component.m;
  if (!is_own()) {
    const TangentAxes axes = tangent_axes(sky_.center);
    const Vec3 direction = unit_vector_of(component, response_.center);
    l = dot(direction, axes.east) - sky_.l;
    m = dot(direction, axes.north) - sky_.m;
  }
  return {static_cast<std::ptrdiff_t>(sky_.ny / 2) + std::lround(m / sky_.cell_rad),
          static_cast<std::ptrdiff_t>(sky_.nx / 2) - std::lround(l / sky_.cell_rad)};
}

bool Facet::holds(const Component& component) const {
  const auto [y, x] = pixel_of(component);
  return y >= 0 && x >= 0 && y < static_cast<std::ptrdiff_t>(sky_.ny) && x < static_cast<std::ptrdiff_t>(sky_.nx);
}

}  // namespace contimg::imaging
