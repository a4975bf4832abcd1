#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace contimg::calibration {

/// Why a visibility is flagged: bits, of which it may have several.
enum FlagReason : std::uint8_t {
  kFlaggedBefore = 1,  ///< in the data, or of weight 0
  kAutocorrelation = 2,
  kInvalid = 4,      ///< not finite, or exactly 0
  kDeadAntenna = 8,  ///< nothing, or far less or more power than the others
  kBandEdge = 16,
  kShadowed = 32,
  kInterference = 64,
};

inline constexpr std::size_t kFlagReasons = 7;

}  // namespace contimg::calibration
