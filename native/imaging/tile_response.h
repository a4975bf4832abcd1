#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/observation.h"

namespace contimg::imaging {

inline constexpr std::size_t kMostBandTerms = 2;

/// A point source in a tile.
struct Component {
  double l = 0, m = 0;                          ///< direction cosines from the tile's center, ICRS
  double flux_jy = 0;                           ///< attenuated: as the tile's image shows it
  double index = 0;                             ///< in addition to TileResponse::spectral_index
  std::array<float, kMostBandTerms> term_jy{};  ///< coefficients of TileResponse::band_terms
};

/// Towards direction cosines l, m about a center.
inline Vec3 unit_vector_of(const TangentAxes& axes, double l, double m) {
  return l * axes.east + m * axes.north + std::sqrt(std::max(0.0, 1 - l * l - m * m)) * axes.center;
}

/// Towards a component, on ICRS axes.
inline Vec3 unit_vector_of(const Component& component, const Direction& tile_center) {
  return unit_vector_of(tangent_axes(tile_center), component.l, component.m);
}

/// How a tile sees its sources: through the beam about each integration's pointing, channel by channel.
struct TileResponse {
  double dish_diameter_m = 0;                    ///< 0: no primary beam
  double spectral_index = 0;                     ///< of the sources, S ~ nu^index
  std::vector<double> freq_hz, channel_weights;  ///< per channel
  /// Polynomials by which spectra differ from it, per channel: see BandTerms; kMostBandTerms at most.
  std::vector<std::vector<float>> band_terms;
  std::vector<Direction> pointing;          ///< per integration
  std::vector<double> integration_weights;  ///< per integration
  Direction center;                         ///< of the tile
  double aberration = 1;                    ///< apparent / ICRS angles, see aberration_scale
};

}  // namespace contimg::imaging
