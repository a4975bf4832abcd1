#include "imaging/joint_model.h"

#include <algorithm>
#include <cmath>

namespace contimg::imaging {
JointModel::JointModel(const SkyGrid& grid, const RestoringBeam& beam, bool finds_points)
    : pixels({grid.ny, grid.nx}), grid_(grid), beam_(beam), finds_points_(finds_points), points_(grid, beam, {}) {}

SkyComponent JointModel::on_pixel(std::size_t i, double flux_jy) const {
  const Component component = component_at(grid_, i % grid_.nx, i / grid_.nx, 1);
  return {grid_.l + component.l, grid_.m + component.m, flux_jy};
}

std::vector<SkyComponent> JointModel::on_sky(const std::vector<Component>& components) const {
  std::vector<SkyComponent> result;
  for (const Component& component : components)
    result.push_back({grid_.l + component.l, grid_.m + component.m, component.flux_jy});
  return result;
}

void JointModel::update(NdView<const float, 2> model, const JointEstimate& estimate) {
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels.data()[i] = model.data()[i] == 0 ? 0 : model.data()[i] / estimate.response(i);
  if (!finds_points_) return;
  points_.find(pixels.view(), [&](const Component& component) {
    return 1 / std::sqrt(estimate.weight.data()[pixel_of(grid_, component)]);
  });
}

NdArray<float, 2> JointModel::without_points() const {
  auto rest = NdArray<float, 2>::uninitialized(pixels.shape());
  std::copy(pixels.begin(), pixels.end(), rest.begin());
  points_.add_stand_ins(rest.view(), -1);
  return rest;
}

SkyComponents JointModel::all() const {
  SkyComponents all{{}, on_sky(points_.components())};
  const NdArray<float, 2> rest = without_points();
  for (std::size_t i = 0; i < rest.size(); ++i)
    if (rest.data()[i] != 0) all.on_pixels.push_back(on_pixel(i, rest.data()[i]));
  return all;
}

void JointModel::flat_noise(const JointEstimate& estimate, NdView<float, 2> model) const {
  for (std::size_t i = 0; i < pixels.size(); ++i)
    model.data()[i] = pixels.data()[i] == 0 ? 0 : pixels.data()[i] * estimate.response(i);
}

void JointModel::restore(NdView<float, 2> mosaic) const {
  imaging::restore(without_points().view(), beam_, grid_.cell_rad, mosaic);
  points_.restore(mosaic);
}

}  // namespace contimg::imaging
