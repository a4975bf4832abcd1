#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "calibration/flag_reason.h"
#include "core/nd_array.h"
#include "core/visibility_source.h"

namespace contimg::calibration {

struct FlagOptions {
  bool autocorrelations = true;
  bool shadowed = true;
  bool dead_antennas = true;
  bool interference = true;
  std::size_t edge_channels = 0;      ///< of each spectral window, at either end
  double interference_threshold = 6;  ///< sigma, of a single visibility
  double eta = 0.1;                   ///< of the rank operator
  unsigned threads = 0;
};

struct Flags {
  NdArray<std::uint8_t, 3> reasons;         ///< (rows, channels, pols): bits of FlagReason
  std::array<std::uint64_t, 256> counts{};  ///< of visibilities with every combination of them
  std::vector<std::size_t> dead_antennas;   ///< into Observation::antennas
  std::vector<std::size_t> shadowed_antennas;
};

/// Finds out what not to use, and why: everything that one visibility may have against it is kept, bit by bit.
///
/// Reads the source twice, for the power of the array and for the baselines, whose interference is found spectral
/// window by spectral window. Memory: 1 byte per visibility, and 5 bytes of one window's. Deterministic.
/// @throws Error; Cancelled
Flags flag_visibilities(VisibilitySource& source, const FlagOptions& options, const JobContext& context);

}  // namespace contimg::calibration
