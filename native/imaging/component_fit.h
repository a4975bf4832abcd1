#pragma once

#include <complex>
#include <cstdint>
#include <vector>

#include "core/job_context.h"
#include "core/nd_view.h"
#include "core/vec3.h"
#include "imaging/tile_response.h"

namespace contimg::imaging {

struct ComponentFitOptions {
  double max_step_rad = 0;  ///< a component moves no farther in one step
  double index_snr = 30;    ///< from which on its spectral index is fitted too ...
  double max_index = 10;    ///< ... as far as this from that of the tile
  unsigned threads = 0;
};

struct FittedComponent {
  Component component;
  double snr = 0;     ///< its flux over the sigma of that, both before the step; noise taken from the residual
  double change = 0;  ///< rms of dV over that of V_i, weighted
};

/// One Gauss-Newton step: flux, position and spectral index of point sources that minimize
///
///   sum w |r - dV|^2
///
/// each on its own, given the others: dV is the change of V_i = S_i g_i exp(-2 pi i nu/c (u l + v m + w (n - 1))) to
/// first order. Flux and index come from the part of r in phase with V_i, the position from that in quadrature.
///
/// @param components    that `residual` lacks: they are subtracted already
/// @param weights       (rows, channels), >= 0
/// @param residual      (rows, channels)
/// Deterministic. Some 1 ns per visibility and component.
std::vector<FittedComponent> fit_components(const std::vector<Component>& components, const TileResponse& response,
                                            NdView<const Vec3, 1> uvw_m, const std::vector<std::uint32_t>& time_index,
                                            NdView<const float, 2> weights,
                                            NdView<const std::complex<float>, 2> residual,
                                            const ComponentFitOptions& options, const JobContext& context);

}  // namespace contimg::imaging
