#pragma once

#include <casacore/tables/Tables/Table.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/observation.h"

namespace contimg::ms {

/// How the main table's rows make up an observation.
struct MsRows {
  std::vector<std::size_t> spectral_windows;       ///< SPECTRAL_WINDOW rows in use, in ascending frequency
  std::size_t polarization_id = 0;                 ///< POLARIZATION row in use
  std::vector<std::vector<std::uint32_t>> of_spw;  ///< per window in use: main-table row of each observation row
  std::vector<std::uint32_t> field_of_time;        ///< per integration
};

/// Reads TIME, INTERVAL, ANTENNA1, ANTENNA2, FIELD_ID, DATA_DESC_ID and UVW, and fills what belongs to rows and
/// integrations in `observation`, whose antennas are known.
/// @throws Error{MEASUREMENT_SET} where the windows differ in their rows, or an integration has two fields
MsRows read_rows(const casacore::Table& ms, const std::string& path, Observation& observation);

}  // namespace contimg::ms
