#include "ms/companion_columns.h"

#include <casacore/tables/Tables/TableDesc.h>

namespace contimg::ms {

bool holds_calibrated(const casacore::Table& table) {
  return table.tableDesc().isColumn(std::string(kUncalibrated) + "FLAG");
}

CompanionColumns companions_of(const casacore::Table& table, const std::string& data_column) {
  if (data_column != "DATA" || !holds_calibrated(table)) return {};
  const std::string prefix = kUncalibrated;
  return {prefix + "FLAG", prefix + "WEIGHT", prefix + "WEIGHT_SPECTRUM", true};
}

}  // namespace contimg::ms
