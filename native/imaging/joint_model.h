#pragma once

#include <vector>

#include "core/nd_array.h"
#include "imaging/joint_estimate.h"
#include "imaging/point_sources.h"

namespace contimg::imaging {

/// The components of a joint mosaic that are taken off its tiles, not attenuated.
class JointModel {
 public:
  /// @param finds_points  put the components of bright points together: PointSources
  JointModel(const SkyGrid& grid, const RestoringBeam& beam, bool finds_points);

  /// Takes over the pixels of `model`, of the flat-noise mosaic of `estimate`.
  void update(NdView<const float, 2> model, const JointEstimate& estimate);

  SkyComponents all() const;

  /// As `estimate` shows the pixels in its flat-noise mosaic.
  void flat_noise(const JointEstimate& estimate, NdView<float, 2> model) const;

  /// Adds all components to a mosaic, Jy/beam, not attenuated.
  void restore(NdView<float, 2> mosaic) const;

  /// Jy/pixel, (ny, nx); of points, the pixels that stand for them.
  NdArray<float, 2> pixels;

 private:
  SkyComponent on_pixel(std::size_t i, double flux_jy) const;
  std::vector<SkyComponent> on_sky(const std::vector<Component>& components) const;
  NdArray<float, 2> without_points() const;

  SkyGrid grid_;
  RestoringBeam beam_;
  bool finds_points_;
  PointSources points_;  ///< about the grid's center pixel
};

}  // namespace contimg::imaging
