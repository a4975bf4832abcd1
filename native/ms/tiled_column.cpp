#include "ms/tiled_column.h"

#include <casacore/tables/DataMan/TiledColumnStMan.h>
#include <casacore/tables/DataMan/TiledShapeStMan.h>

#include <algorithm>

namespace contimg::ms {

using casacore::IPosition;
using MS = casacore::MeasurementSet;

TiledColumn visibility_column(casacore::MSMainEnums::PredefinedColumns column, std::size_t n_pols,
                              std::size_t n_channels, const TileShape& tile, bool fixed, double bytes_per_element) {
  const auto pols = static_cast<ssize_t>(n_pols);
  const IPosition cell(2, pols, static_cast<ssize_t>(n_channels));
  return {column, cell, IPosition(3, pols, static_cast<ssize_t>(tile.channels), static_cast<ssize_t>(tile.rows)), fixed,
          bytes_per_element};
}

TiledColumn row_column(casacore::MSMainEnums::PredefinedColumns column, std::size_t n, std::size_t n_rows,
                       double bytes_per_element) {
  constexpr double kTileBytes = 1 << 20;
  const auto rows = std::min<std::size_t>(
      n_rows, static_cast<std::size_t>(kTileBytes / (static_cast<double>(n) * bytes_per_element)));
  const IPosition cell(1, static_cast<ssize_t>(n));
  return {column, cell, cell.concatenate(IPosition(1, static_cast<ssize_t>(rows))), true, bytes_per_element};
}

namespace {

void add_to(casacore::TableDesc& description, const TiledColumn& tiled) {
  if (!description.isColumn(tiled.name()))
    MS::addColumnToDesc(description, tiled.column, static_cast<int>(tiled.cell.size()));
  if (tiled.fixed && !description.columnDesc(tiled.name()).isFixedShape()) {  // UVW is already
    description.rwColumnDesc(tiled.name()).setShape(tiled.cell);
    description.rwColumnDesc(tiled.name()).setOptions(casacore::ColumnDesc::Direct | casacore::ColumnDesc::FixedShape);
  }
}

}  // namespace

void describe(casacore::TableDesc& description, const TiledColumn& tiled) {
  add_to(description, tiled);
  description.defineHypercolumn(tiled.manager(), tiled.cell.size() + 1,
                                casacore::Vector<casacore::String>(1, tiled.name()));
}

std::unique_ptr<casacore::DataManager> manager_of(const TiledColumn& tiled) {
  if (tiled.fixed) return std::make_unique<casacore::TiledColumnStMan>(tiled.manager(), tiled.tile);
  return std::make_unique<casacore::TiledShapeStMan>(tiled.manager(), tiled.tile);
}

void add_column(casacore::Table& table, const TiledColumn& tiled) {
  casacore::TableDesc description;
  add_to(description, tiled);
  table.addColumn(description, *manager_of(tiled));
}

}  // namespace contimg::ms
