#pragma once

#include <casacore/tables/Tables/Table.h>

#include <string>

namespace contimg::ms {

/// Once CORRECTED_DATA was written, FLAG, WEIGHT and WEIGHT_SPECTRUM are those of CORRECTED_DATA, for every program
/// takes these with it. Those of DATA, which are not touched, are found under names of their own. SIGMA stays that of
/// DATA.
inline constexpr const char* kUncalibrated = "UNCALIBRATED_";

/// Whether CORRECTED_DATA of a table was written by write_calibrated. Call under the casacore mutex.
bool holds_calibrated(const casacore::Table& table);

/// The columns that go with a column of visibilities.
struct CompanionColumns {
  std::string flag = "FLAG", weight = "WEIGHT", weight_spectrum = "WEIGHT_SPECTRUM";
  /// They are those of DATA and FLAG is another: where that is set, and WEIGHT_SPECTRUM is above 0, somebody has
  /// flagged since.
  bool flagged_since = false;
};
/// Call under the casacore mutex.
CompanionColumns companions_of(const casacore::Table& table, const std::string& data_column);

}  // namespace contimg::ms
