#pragma once

#include <casacore/tables/Tables/Table.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/observation.h"
#include "ms/write_plan.h"

namespace contimg::ms {

/// What stands in an MS apart from its visibilities.
struct MsContents {
  Observation observation;
  std::vector<Field> fields;
  std::vector<std::uint32_t> field_of_time;  ///< per integration
  /// Main-table row of each row of the observation, per spectral window (in ascending frequency).
  std::vector<std::vector<std::uint32_t>> table_rows;
  std::size_t n_table_rows = 0;
};

/// Opens the main table for reading.
/// @throws Error{FILE_ACCESS} nothing there, or it cannot be read; Error{MEASUREMENT_SET} not an MS
casacore::Table open_main_table(const std::string& path);

/// The table behind a subtable keyword.
casacore::Table open_subtable(const casacore::Table& ms, const char* name);

/// Reads everything but the visibilities.
///
/// Taken are MSs of one set-up: one correlation set-up, one OBSERVATION or several at one telescope, each spectral
/// window with the same (TIME, ANTENNA1, ANTENNA2) in the same order of time, channels ascending, windows that do not
/// overlap, one field per integration.
///
/// @param orientation  used where the MS does not say with which its UVW was computed
/// @throws Error{MEASUREMENT_SET} for anything else, saying what
MsContents read_contents(const casacore::Table& ms, const std::string& path, const EarthOrientation& orientation);

}  // namespace contimg::ms
