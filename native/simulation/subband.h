#pragma once

#include <complex>
#include <cstdint>
#include <vector>

#include "core/job_context.h"
#include "core/nd_array.h"
#include "simulation/visibilities.h"

namespace contimg::simulation {

/// Both polarizations of an unpolarized sky: XX = YY = I, before gains and noise.
inline constexpr std::size_t kPols = 2;

/// What happens to the visibilities in the receivers.
struct Receivers {
  /// (antennas, channels of all subbands, pols); empty: all 1. A raw visibility is V conj(g_first) g_second.
  NdView<const std::complex<double>, 3> gains;
  double noise_sigma_jy = 0;  ///< per real and per imaginary part; autocorrelations stay real
  std::uint64_t seed = 0;
};

/// One observation of a few minutes over all subbands.
struct Tile {
  Sky sky;
  TransitArray array;
  std::vector<Vec3> position_m;  ///< of the antennas in use, on ITRF axes, relative to a place nearby
  std::vector<double> time_mjd_s;
  Channels channels;           ///< of all subbands
  std::size_t n_subbands = 0;  ///< divides channels.count
  Receivers receivers;
  std::uint32_t number = 0;  ///< of the tile in the observation: tiles have noise of their own
};

/// Visibilities of a subband as a correlator file holds them, rows time-major.
struct SubbandData {
  NdArray<std::complex<float>, 3> visibilities;  ///< (rows, channels, pols)
  NdArray<float, 3> nsamples;                    ///< likewise, 0.95 to 1, the same over a row and over the subbands
};

/// Where the sources of a tile are seen, per integration.
std::vector<std::vector<ApparentSource>> apparent_skies(const Tile& tile);

/// Channels of one subband.
Channels subband_channels(const Tile& tile, std::size_t subband);

/// The data of one subband: sky, gains, noise.
///
/// @param apparent  apparent_skies(tile)
/// @param threads   0: all
/// @throws Cancelled at a checkpoint; one per integration
/// Deterministic: the same bits whatever the number of threads.
/// Memory: the result (24 bytes per visibility of two polarizations) and 9 MB per thread at full size.
SubbandData simulate_subband(const Tile& tile, const std::vector<std::vector<ApparentSource>>& apparent,
                             std::size_t subband, unsigned threads, const JobContext& context);

}  // namespace contimg::simulation
