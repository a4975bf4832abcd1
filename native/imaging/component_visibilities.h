#pragma once

#include <complex>
#include <cstdint>
#include <vector>

#include "core/job_context.h"
#include "core/nd_view.h"
#include "core/vec3.h"
#include "imaging/tile_response.h"

namespace contimg::imaging {

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
