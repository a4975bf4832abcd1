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

constexpr std::size_t kTileBytes = 1 << 20;

std::size_t channels_of_spw(const Observation& observation, std::size_t spw) {
  const auto& first = observation.spw_first_channel;
  return (spw + 1 < first.size() ? first[spw + 1] : observation.n_channels()) - first[spw];
}

bool all_spws_alike(const Observation& observation) {
  for (std::size_t spw = 1; spw < observation.spw_first_channel.size(); ++spw)
    if (channels_of_spw(observation, spw) != channels_of_spw(observation, 0)) return false;
  return true;
}

/// One tiled array column: its cells have the shape `cell`, or that of each spectral window where `fixed` is false.
struct TiledColumn {
  casacore::MSMainEnums::PredefinedColumns column;
  IPosition cell;
  bool fixed;
  double bytes_per_element;
};

void add_tiled(casacore::TableDesc& description, casacore::SetupNewTable* setup, const TiledColumn& tiled,
               std::size_t n_rows) {
  const casacore::String name = MS::columnName(tiled.column);
  const casacore::String manager = "Tiled" + name;
  if (!setup) {
    if (!description.isColumn(name)) MS::addColumnToDesc(description, tiled.column, tiled.cell.size());
    if (tiled.fixed && !description.columnDesc(name).isFixedShape()) {  // UVW is already
      description.rwColumnDesc(name).setShape(tiled.cell);
      description.rwColumnDesc(name).setOptions(casacore::ColumnDesc::Direct | casacore::ColumnDesc::FixedShape);
    }
    description.defineHypercolumn(manager, tiled.cell.size() + 1, casacore::Vector<casacore::String>(1, name));
    return;
  }
  const double row_bytes = tiled.cell.product() * tiled.bytes_per_element;
  const auto rows = static_cast<std::size_t>(kTileBytes / std::max(row_bytes, 1.0));
  const IPosition tile = tiled.cell.concatenate(
      IPosition(1, static_cast<ssize_t>(std::clamp<std::size_t>(rows, 1, std::max<std::size_t>(n_rows, 1)))));
  if (tiled.fixed)
    setup->bindColumn(name, casacore::TiledColumnStMan(manager, tile));
  else
    setup->bindColumn(name, casacore::TiledShapeStMan(manager, tile));
}

std::vector<TiledColumn> tiled_columns(const Observation& observation) {
  const auto n_pols = static_cast<ssize_t>(observation.n_pols());
  std::size_t widest = 0;
  for (std::size_t spw = 0; spw < observation.spw_first_channel.size(); ++spw)
    widest = std::max(widest, channels_of_spw(observation, spw));
  const IPosition cell(2, n_pols, static_cast<ssize_t>(widest));
  const bool fixed = all_spws_alike(observation);
  return {{MS::DATA, cell, fixed, 8},
          {MS::FLAG, cell, fixed, 0.125},
          {MS::WEIGHT_SPECTRUM, cell, fixed, 4},
          {MS::WEIGHT, IPosition(1, n_pols), true, 4},
          {MS::SIGMA, IPosition(1, n_pols), true, 4},
          {MS::UVW, IPosition(1, 3), true, 8}};
}

}  // namespace

std::unique_ptr<casacore::MeasurementSet> create_ms(const std::string& path, const Observation& observation,
                                                    std::size_t n_rows) {
  casacore::TableDesc description = MS::requiredTableDesc();
  const auto tiled = tiled_columns(observation);
  for (const TiledColumn& column : tiled) add_tiled(description, nullptr, column, n_rows);
  casacore::SetupNewTable setup(path, description, casacore::Table::NewNoReplace);
  setup.bindAll(casacore::IncrementalStMan("Incremental"));
  // A bucket of 32768 rows: the default of 32 rows makes 50000 buckets of a full observation.
  const casacore::StandardStMan standard("Standard", -32768);
  for (auto column : {MS::ANTENNA1, MS::ANTENNA2, MS::FLAG_ROW}) setup.bindColumn(MS::columnName(column), standard);
  for (const TiledColumn& column : tiled) add_tiled(description, &setup, column, n_rows);
  auto ms = std::make_unique<MS>(setup, casacore::TableLock(casacore::TableLock::PermanentLocking), n_rows);
  ms->createDefaultSubtables(casacore::Table::New);
  return ms;
}

double estimate_ms_bytes(const Observation& observation, std::size_t n_rows) {
  double row_bytes = 9;  // the two antennas and FLAG_ROW
  for (const TiledColumn& column : tiled_columns(observation))
    row_bytes += column.cell.product() * column.bytes_per_element;
  constexpr double kSubtables = 4 << 20, kTilesCutShort = 6.0 * kTileBytes;
  return 1.02 * row_bytes * static_cast<double>(n_rows) + kSubtables + kTilesCutShort;
}

}  // namespace contimg::ms
