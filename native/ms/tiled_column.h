#pragma once

#include <casacore/casa/Arrays/IPosition.h>
#include <casacore/ms/MeasurementSets/MeasurementSet.h>

#include <memory>

#include "ms/write_plan.h"

namespace contimg::ms {

/// One tiled array column: its cells have the shape `cell`, or that of each spectral window where `fixed` is false.
struct TiledColumn {
  casacore::MSMainEnums::PredefinedColumns column;
  casacore::IPosition cell, tile;
  bool fixed;
  double bytes_per_element;
  const char* prefix = "Tiled";  ///< of the name of its data manager, which is to be unique in a table

  casacore::String name() const { return casacore::MeasurementSet::columnName(column); }
  casacore::String manager() const { return prefix + name(); }
};

/// A column of (pols, channels) cells, in tiles of some channels and rows.
/// @param fixed  all windows have `n_channels`
TiledColumn visibility_column(casacore::MSMainEnums::PredefinedColumns column, std::size_t n_pols,
                              std::size_t n_channels, const TileShape& tile, bool fixed, double bytes_per_element);

/// A column of `n` numbers per row, of a table of `n_rows`.
TiledColumn row_column(casacore::MSMainEnums::PredefinedColumns column, std::size_t n, std::size_t n_rows,
                       double bytes_per_element);

/// Adds the column to a description of a table, with its hypercolumn.
void describe(casacore::TableDesc& description, const TiledColumn& tiled);

std::unique_ptr<casacore::DataManager> manager_of(const TiledColumn& tiled);

/// Adds the column to a table. Without a hypercolumn, which would outlive the column, were that removed, and bar
/// another of its name; casacore needs none. Call under the casacore mutex.
void add_column(casacore::Table& table, const TiledColumn& tiled);

}  // namespace contimg::ms
