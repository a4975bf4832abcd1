#pragma once

#include <casacore/ms/MeasurementSets/MeasurementSet.h>

#include "ms/write_plan.h"

namespace contimg::ms {

/// Keywords of the OBSERVATION table that bring back to the bit what the standard has no place for.
inline constexpr const char* kSiteKeyword = "CONTIMG_SITE";  ///< longitude, latitude (rad), height (m)
inline constexpr const char* kOrientationKeyword =
    "CONTIMG_EARTH_ORIENTATION";  ///< UT1-UTC (s), x, y of the pole (rad)

/// Adds antennas to an ANTENNA table. Call under the casacore mutex.
void write_antennas(casacore::MSAntenna& table, const std::vector<Antenna>& antennas);

/// Adds lines to a HISTORY table. Call under the casacore mutex.
void append_history(casacore::MSHistory& table, const std::vector<std::string>& lines);

/// Fills every subtable of a new MS. Call under the casacore mutex.
void write_subtables(casacore::MeasurementSet& ms, const WritePlan& plan);

}  // namespace contimg::ms
