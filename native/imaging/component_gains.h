#pragma once

#include <vector>

#include "core/nd_view.h"
#include "imaging/tile_response.h"

namespace contimg::imaging {

/// How bright components are in each integration and channel, against their mean over the tile.
class ComponentGains {
 public:
  explicit ComponentGains(const TileResponse& response);

  /// S g(t, nu): the Airy power at the component times nu^index, over its weighted mean over integrations and channels.
  /// @param gains  (integrations, channels), overwritten
  void fill(const Component& component, float* gains) const;

 private:
  const TileResponse& response_;
  std::vector<float> spectrum_;  ///< nu^index, in any unit
};

}  // namespace contimg::imaging
