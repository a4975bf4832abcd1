#pragma once

#include <cstddef>
#include <vector>

#include "core/observation.h"
#include "core/solutions.h"

namespace contimg::calibration {

/// What one solution holds for in frequency.
enum class BandWidth { kChannel, kSpectralWindow, kAll };

/// Which integrations and channels share one gain.
struct SolutionGrid {
  std::size_t first_time = 0, end_time = 0;   ///< integrations that take part: [first, end)
  std::vector<std::size_t> interval_of_time;  ///< per integration, from first_time on
  std::vector<std::size_t> band_of_channel;   ///< per channel
  std::size_t n_intervals = 0, n_bands = 0;
};

/// First channels of the bands, and one more: the number of channels.
std::vector<std::size_t> band_edges(const Observation& o, BandWidth width);

/// Gives solutions their bands: middle, width, and the first one of every spectral window.
void set_bands(const Observation& o, BandWidth width, SolutionAxes& solutions);

/// Parts the integrations whose middles are in [first_mjd_s, last_mjd_s] into intervals of equal length from the first
/// one on, without empty ones, and the channels into bands. The solutions get the axes.
///
/// @param interval_s  0: one for all integrations
/// @throws Error{INVALID_ARGUMENT} no integration in that range
SolutionGrid solution_grid(const Observation& o, BandWidth width, double interval_s, double first_mjd_s,
                           double last_mjd_s, SolutionAxes& solutions);

}  // namespace contimg::calibration
