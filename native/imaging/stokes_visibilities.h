#pragma once

#include <complex>
#include <cstdint>
#include <vector>

#include "core/job_context.h"
#include "core/nd_array.h"
#include "core/visibility_source.h"

namespace contimg::imaging {

/// What an image shows, by its AIPS code (docs/conventions.md section 3).
enum class Stokes : int { kI = 1, kRR = -1, kLL = -2, kXX = -5, kYY = -6 };

/// The channels [first, end).
struct ChannelRange {
  std::size_t first = 0, end = 0;
  std::size_t size() const { return end - first; }
};

/// One Stokes parameter or correlation of the cross-correlations of an observation, moved to one phase center.
struct StokesVisibilities {
  std::vector<double> freq_hz, channel_width_hz;  ///< (channels)
  NdArray<Vec3, 1> uvw_m;                         ///< (rows), for the phase center
  NdArray<std::complex<float>, 2> visibilities;   ///< (rows, channels); 0 where the weight is 0
  NdArray<float, 2> weights;                      ///< (rows, channels), >= 0, finite; every row has a weight > 0
  std::vector<std::uint32_t> time_index;          ///< per row, into Observation::time_mjd_s

  NdView<const double, 1> frequencies() const { return {freq_hz.data(), {freq_hz.size()}}; }
};

/// Reads a whole observation once. Autocorrelations, flagged and non-finite visibilities get weight 0; rows without any
/// weight are dropped. Stokes I and its weight: docs/conventions.md section 3. Data that hold I itself are taken as it.
///
/// @throws Error{NO_VALID_DATA} no visibility is left, or the polarizations do not give `stokes`;
///         Error{INVALID_ARGUMENT} channels that the observation does not have
/// Memory: 12 bytes per row and channel. Deterministic.
StokesVisibilities gather_stokes(VisibilitySource& source, Stokes stokes, ChannelRange channels,
                                 const Direction& phase_center, unsigned threads, const JobContext& context);

/// Some channels of visibilities, copied, without rows that have no weight there: it may be that none is left.
StokesVisibilities channels_of(const StokesVisibilities& data, ChannelRange channels);

/// About `n_wanted` rows, or all: those whose place in the Weyl sequence of the golden ratio is low, which favors no
/// baseline and no time. Ascending.
std::vector<std::size_t> sample_rows(std::size_t n_rows, std::size_t n_wanted);

}  // namespace contimg::imaging
