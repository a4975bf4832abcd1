#pragma once

#include <complex>
#include <cstdint>
#include <vector>

#include "core/job_context.h"
#include "core/nd_view.h"
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

/// Subtracts the visibilities of components:
///
///   V -= sum_i S_i g_i(t, nu) exp(-2 pi i nu/c (u l_i + v m_i + w (n_i - 1)))
///
/// where g_i is the Airy power at the component, times nu^index, over its weighted mean over integrations and channels.
/// Within a tile the pointing drifts by half a beam, so that g varies by +-30 % a degree from the center: with g = 1
/// the sidelobes of every bright source would stay in the image.
///
/// @param uvw_m         (rows)
/// @param time_index    per row, into the integrations; ascending
/// @param visibilities  (rows, channels), changed in place
/// Exact but for single-precision rounding. Cost: some 0.5 ns per visibility and component. Deterministic.
void subtract_components(const std::vector<Component>& components, const TileResponse& response,
                         NdView<const Vec3, 1> uvw_m, const std::vector<std::uint32_t>& time_index,
                         NdView<std::complex<float>, 2> visibilities, unsigned threads, const JobContext& context);

}  // namespace contimg::imaging
