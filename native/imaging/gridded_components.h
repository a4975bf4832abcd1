#pragma once

#include <complex>
#include <cstdint>
#include <vector>

#include "core/job_context.h"
#include "core/nd_view.h"
#include "imaging/facet.h"
#include "imaging/gridder.h"
#include "imaging/tile_response.h"

namespace contimg::imaging {

/// Subtracts the visibilities of many faint components, as subtract_components does, by degridding.
///
/// A component's gain over integrations and channels is approximated by four functions of drift and frequency, each of
/// which takes one image of all components: within 1 % rms out to a tenth of the beam. So it is for components of which
/// the sidelobes of a hundredth drown in the noise.
///
/// @param facet    every component lies on one of its pixels
/// @param weights  (rows, channels); visibilities of weight 0 are left as they are
/// Memory: the visibilities once more. Deterministic.
void subtract_gridded_components(const std::vector<Component>& components, const TileResponse& response,
                                 const Facet& facet, const std::vector<std::uint32_t>& time_index,
                                 NdView<const float, 2> weights, const GridderOptions& options,
                                 NdView<std::complex<float>, 2> visibilities, const JobContext& context);

}  // namespace contimg::imaging
