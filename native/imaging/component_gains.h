#pragma once

#include <vector>

#include "core/nd_view.h"
#include "imaging/tile_response.h"

namespace contimg::imaging {

/// How bright components are in each integration and channel, against their mean over the tile.
class ComponentGains {
 public:
  explicit ComponentGains(const TileResponse& response);

  /// S g(t, nu): the Airy power at the component times nu^(index of the tile + its own), over its weighted mean over
  /// integrations and channels; and g(t, nu) times each band term without its mean under g: its image stays S high.
  /// @param gains  (integrations, channels), overwritten
  void fill(const Component& component, float* gains) const;

  /// The mean over integrations and channels of the response to a source at the component's place and with its index,
  /// of 1 Jy at `freq_hz`; its flux does not matter.
  double mean_response(const Component& component, double freq_hz) const;

 private:
  /// Airy power times (nu / first channel)^index, (integrations, channels). @returns its weighted mean
  double fill_response(const Component& component, float* gains) const;

  /// @param gains  of mean 1
  std::vector<float> flux_by_channel(const Component& component, const float* gains) const;

  const TileResponse& response_;
  std::vector<float> spectrum_;  ///< nu^index, in any unit
};

}  // namespace contimg::imaging
