#pragma once

#include <vector>

#include "core/observation.h"

namespace contimg::imaging {

/// A point source in a tile.
struct Component {
  double l = 0, m = 0;  ///< direction cosines from the tile's center, ICRS
  double flux_jy = 0;   ///< attenuated: as the tile's image shows it
};

/// How a tile sees its sources: through the beam about each integration's pointing, channel by channel.
struct TileResponse {
  double dish_diameter_m = 0;
  double spectral_index = 0;                     ///< of the sources, S ~ nu^index
  std::vector<double> freq_hz, channel_weights;  ///< per channel
  std::vector<Direction> pointing;               ///< per integration
  std::vector<double> integration_weights;       ///< per integration
  Direction center;                              ///< of the tile
  double aberration = 1;                         ///< apparent / ICRS angles, see aberration_scale
};

}  // namespace contimg::imaging
