#pragma once

#include <complex>
#include <cstdint>
#include <vector>

#include "core/nd_view.h"
#include "simulation/apparent_sky.h"

namespace contimg::simulation {

/// Antennas of a baseline, first <= second; indices into the antennas in use.
struct AntennaPair {
  std::uint32_t first = 0, second = 0;
};

/// All baselines in the order of the correlator, autocorrelations included: 0-0, 0-1, 1-1, 0-2, 1-2, 2-2 ...
std::vector<AntennaPair> correlator_baselines(std::size_t n_antennas);

/// Stokes I visibilities of a sky at one time, in the sign of the correlator's files (docs/conventions.md section 2):
///
///   V = sum_s S_s(nu) A_s(nu) exp(+2 pi i nu/c b.(s - s0)),   b = r_second - r_first
///
/// @param apparent      of `sky` at this time
/// @param position_m    of the antennas in use, on ITRF axes, relative to a place nearby
/// @param visibilities  (baselines, channels) in the order of correlator_baselines, overwritten; Jy
/// Threads: safe for distinct outputs. Cost: O(sources baselines channels).
void predict_visibilities(const Sky& sky, const std::vector<ApparentSource>& apparent, const TransitArray& array,
                          const std::vector<Vec3>& position_m, const Channels& channels,
                          NdView<std::complex<double>, 2> visibilities);

}  // namespace contimg::simulation
