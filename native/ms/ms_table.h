#pragma once

#include <casacore/tables/Tables/Table.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/observation.h"
#include "ms/ms_choice.h"
#include "ms/ms_rows.h"
#include "ms/write_plan.h"

namespace contimg::ms {

/// What stands in an MS apart from its visibilities.
struct MsContents {
  Observation observation;
  std::vector<Field> fields;
  std::vector<std::uint32_t> field_of_time;  ///< per integration
  /// Per spectral window, in ascending frequency: the main-table row of each row of the observation, or kNoRow, and
  /// whether its channels descend in the table.
  WindowRows table_rows;
  std::vector<char> descending;
  std::size_t n_table_rows = 0;
};

/// Opens the main table for reading.
/// @throws Error{FILE_ACCESS} nothing there, or it cannot be read; Error{MEASUREMENT_SET} not an MS
casacore::Table open_main_table(const std::string& path);

/// The table behind a subtable keyword.
casacore::Table open_subtable(const casacore::Table& ms, const char* name);

/// Reads everything but the visibilities, of the fields and data descriptions that are chosen; see order_rows,
/// choose_windows and require_one_direction for what goes together.
///
/// @param orientation  used where the MS does not say with which its UVW was computed
/// @throws Error{MEASUREMENT_SET, INVALID_ARGUMENT}
MsContents read_contents(const casacore::Table& ms, const std::string& path, const EarthOrientation& orientation,
                         const Choice& choice = {});

/// Throws Error{MEASUREMENT_SET}: what was expected and what came, the path, what to do.
[[noreturn]] void refuse(const std::string& path, const std::string& message, const std::string& advice = {});

}  // namespace contimg::ms
