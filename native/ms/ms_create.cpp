#include "ms/ms_create.h"

#include <casacore/tables/DataMan/IncrementalStMan.h>
#include <casacore/tables/DataMan/StandardStMan.h>
#include <casacore/tables/DataMan/TiledColumnStMan.h>
#include <casacore/tables/DataMan/TiledShapeStMan.h>
#include <casacore/tables/Tables/SetupNewTab.h>

#include <algorithm>
#include <complex>

namespace contimg::ms {
namespace {

using casacore::IPosition;
using MS = casacore::MeasurementSet;
using Column = casacore::MSMainEnums::PredefinedColumns;

/// One tiled array column: its cells have the shape `cell`, or that of each spectral window where `fixed` is false.
struct TiledColumn {
  Column column;
  IPosition cell, tile;
  bool fixed;
  double bytes_per_element;

  casacore::String name() const { return MS::columnName(column); }
  casacore::String manager() const { return "Tiled" + name(); }
};

/// A column of (pols, channels) cells.
TiledColumn visibility_column(const WritePlan& plan, Column column, double bytes_per_element) {
  const auto n_pols = static_cast<ssize_t>(plan.observation.n_pols());
  const IPosition cell(2, n_pols, static_cast<ssize_t>(plan.n_channels_of(0)));
  const IPosition tile(3, n_pols, static_cast<ssize_t>(plan.tile.channels), static_cast<ssize_t>(plan.tile.rows));
  return {column, cell, tile, plan.windows_alike(), bytes_per_element};
}

/// A column of a few numbers per row.
TiledColumn row_column(const WritePlan& plan, Column column, std::size_t n, double bytes_per_element) {
  constexpr double kTileBytes = 1 << 20;
  const auto rows = std::min<std::size_t>(
      plan.n_table_rows(), static_cast<std::size_t>(kTileBytes / (static_cast<double>(n) * bytes_per_element)));
  const IPosition cell(1, static_cast<ssize_t>(n));
  return {column, cell, cell.concatenate(IPosition(1, static_cast<ssize_t>(rows))), true, bytes_per_element};
}

TiledColumn weight_spectrum(const WritePlan& plan) { return visibility_column(plan, MS::WEIGHT_SPECTRUM, 4); }

std::vector<TiledColumn> tiled_columns(const WritePlan& plan) {
  const std::size_t n_pols = plan.observation.n_pols();
  std::vector<TiledColumn> result{visibility_column(plan, MS::DATA, 8), visibility_column(plan, MS::FLAG, 0.125),
                                  row_column(plan, MS::WEIGHT, n_pols, 4), row_column(plan, MS::SIGMA, n_pols, 4),
                                  row_column(plan, MS::UVW, 3, 8)};
  if (plan.model_data) result.push_back(visibility_column(plan, MS::MODEL_DATA, 8));
  if (plan.corrected_data) result.push_back(visibility_column(plan, MS::CORRECTED_DATA, 8));
  return result;
}

void describe(casacore::TableDesc& description, const TiledColumn& tiled) {
  if (!description.isColumn(tiled.name()))
    MS::addColumnToDesc(description, tiled.column, static_cast<int>(tiled.cell.size()));
  if (tiled.fixed && !description.columnDesc(tiled.name()).isFixedShape()) {  // UVW is already
    description.rwColumnDesc(tiled.name()).setShape(tiled.cell);
    description.rwColumnDesc(tiled.name()).setOptions(casacore::ColumnDesc::Direct | casacore::ColumnDesc::FixedShape);
  }
  description.defineHypercolumn(tiled.manager(), tiled.cell.size() + 1,
                                casacore::Vector<casacore::String>(1, tiled.name()));
}

std::unique_ptr<casacore::DataManager> manager_of(const TiledColumn& tiled) {
  if (tiled.fixed) return std::make_unique<casacore::TiledColumnStMan>(tiled.manager(), tiled.tile);
  return std::make_unique<casacore::TiledShapeStMan>(tiled.manager(), tiled.tile);
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
