#include "imaging/start_model.h"

#include <cmath>

#include "imaging/component_gains.h"
#include "imaging/facet.h"

namespace contimg::imaging {

StartModel::StartModel(const std::vector<StartSource>& sources, const TileResponse& response, double freq_hz,
                       const SkyGrid& grid)
    : grid_(grid) {
  const auto [center, east, north] = tangent_axes(response.center);
  const ComponentGains gains(response);
  for (const StartSource& source : sources) {
    const Vec3 s = unit_vector(source.direction);
    if (!(dot(s, center) > 0)) continue;
    Component component{dot(s, east), dot(s, north), 0, source.spectral_index - response.spectral_index};
    component.flux_jy = source.flux_jy * gains.mean_response(component, freq_hz);
    components_.push_back(component);
  }
}

void StartModel::add_to(NdView<float, 2> model, float sign) const {
  for (const Component& component : components_) {
    const auto [at_x, at_y] = position_of(grid_, component);
    const double x = std::round(at_x), y = std::round(at_y);
    if (!(x >= 0 && x < double(grid_.nx) && y >= 0 && y < double(grid_.ny))) continue;
    model(y, x) += sign * static_cast<float>(component.flux_jy);
  }
}

void StartModel::restore(const RestoringBeam& beam, NdView<float, 2> image) const {
  for (const Component& component : components_) {
    const auto [x, y] = position_of(grid_, component);
    restore_point(component.flux_jy, x, y, beam, grid_.cell_rad, image);
  }
}

}  // namespace contimg::imaging
