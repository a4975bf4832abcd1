#include "ms/ms_create.h"

#include <casacore/tables/DataMan/IncrementalStMan.h>
#include <casacore/tables/DataMan/StandardStMan.h>
#include <casacore/tables/Tables/SetupNewTab.h>

#include <vector>

#include "ms/tiled_column.h"

namespace contimg::ms {
namespace {

using MS = casacore::MeasurementSet;
using Column = casacore::MSMainEnums::PredefinedColumns;

/// A column of (pols, channels) cells.
TiledColumn visibility_column(const WritePlan& plan, Column column, double bytes_per_element) {
  return ms::visibility_column(column, plan.observation.n_pols(), plan.n_channels_of(0), plan.tile,
                               plan.windows_alike(), bytes_per_element);
}

TiledColumn weight_spectrum(const WritePlan& plan) { return visibility_column(plan, MS::WEIGHT_SPECTRUM, 4); }

std::vector<TiledColumn> tiled_columns(const WritePlan& plan) {
  const std::size_t n_pols = plan.observation.n_pols(), n_rows = plan.n_table_rows();
  std::vector<TiledColumn> result{visibility_column(plan, MS::DATA, 8), visibility_column(plan, MS::FLAG, 0.125),
                                  row_column(MS::WEIGHT, n_pols, n_rows, 4), row_column(MS::SIGMA, n_pols, n_rows, 4),
                                  row_column(MS::UVW, 3, n_rows, 8)};
  if (plan.model_data) result.push_back(visibility_column(plan, MS::MODEL_DATA, 8));
  if (plan.corrected_data) result.push_back(visibility_column(plan, MS::CORRECTED_DATA, 8));
  return result;
}

}  // namespace

std::unique_ptr<casacore::MeasurementSet> create_ms(const std::string& path, const WritePlan& plan) {
  casacore::TableDesc description = MS::requiredTableDesc();
  const auto tiled = tiled_columns(plan);
  for (const TiledColumn& column : tiled) describe(description, column);
  casacore::SetupNewTable setup(path, description, casacore::Table::NewNoReplace);
  setup.bindAll(casacore::IncrementalStMan("Incremental"));
  // A bucket of 32768 rows: the default of 32 rows makes 50000 buckets of a full observation.
  const casacore::StandardStMan standard("Standard", -32768);
  for (auto column : {MS::ANTENNA1, MS::ANTENNA2, MS::FLAG_ROW}) setup.bindColumn(MS::columnName(column), standard);
  if (plan.averaged)
    for (auto column : {MS::TIME_CENTROID, MS::EXPOSURE}) setup.bindColumn(MS::columnName(column), standard);
  for (const TiledColumn& column : tiled) setup.bindColumn(column.name(), *manager_of(column));
  auto ms =
      std::make_unique<MS>(setup, casacore::TableLock(casacore::TableLock::PermanentLocking), plan.n_table_rows());
  ms->createDefaultSubtables(casacore::Table::New);
  return ms;
}

casacore::ArrayColumn<float> add_weight_spectrum(casacore::MeasurementSet& ms, const WritePlan& plan) {
  const TiledColumn column = weight_spectrum(plan);
  casacore::TableDesc description;
  describe(description, column);
  ms.addColumn(description, *manager_of(column));
  return casacore::ArrayColumn<float>(ms, column.name());
}

double estimate_ms_bytes(const WritePlan& plan) {
  double row_bytes = 25,
         cut_short = 0;  // antennas, FLAG_ROW, TIME_CENTROID, EXPOSURE; what the last tile of a column holds too much
  auto columns = tiled_columns(plan);
  columns.push_back(weight_spectrum(plan));
  for (const TiledColumn& column : columns) {
    row_bytes += static_cast<double>(column.cell.product()) * column.bytes_per_element;
    cut_short += static_cast<double>(column.tile.product()) * column.bytes_per_element;
  }
  constexpr double kSubtables = 4 << 20;
  return 1.02 * row_bytes * static_cast<double>(plan.n_table_rows()) + kSubtables + cut_short;
}

}  // namespace contimg::ms
