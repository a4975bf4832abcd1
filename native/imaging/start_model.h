#pragma once

#include <vector>

#include "core/nd_view.h"
#include "imaging/primary_beam.h"
#include "imaging/restoring_beam.h"
#include "imaging/tile_response.h"

namespace contimg::imaging {

/// A source that is known before imaging.
struct StartSource {
  Direction direction;
  double flux_jy = 0;         ///< true, at the reference frequency
  double spectral_index = 0;  ///< S ~ nu^index
};

/// Sources that are taken off the visibilities before the first cycle, where they are, and come back at the end.
class StartModel {
 public:
  /// Sources more than a right angle from the tile's center are left out.
  /// @param freq_hz  reference frequency of the fluxes
  StartModel(const std::vector<StartSource>& sources, const TileResponse& response, double freq_hz,
             const SkyGrid& grid);

  /// With fluxes as the tile sees them: times the beam, averaged as the image is.
  const std::vector<Component>& components() const { return components_; }

  /// Adds `sign` times the sources to the nearest pixels of a model (ny, nx), Jy/pixel; sources beyond it are not
  /// added.
  void add_to(NdView<float, 2> model, float sign) const;

  /// Adds the sources to an image (ny, nx), Jy/beam, as beams centered where they are, between pixels.
  void restore(const RestoringBeam& beam, NdView<float, 2> image) const;

 private:
  SkyGrid grid_;
  std::vector<Component> components_;
};

}  // namespace contimg::imaging
