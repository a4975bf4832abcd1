#include "ms/calibrated_columns.h"

#include <casacore/tables/DataMan/TiledStManAccessor.h>
#include <casacore/tables/Tables/ArrayColumn.h>

#include <algorithm>
#include <array>
#include <vector>

#include "core/normalize.h"
#include "ms/column_access.h"
#include "ms/companion_columns.h"
#include "ms/ms_block.h"
#include "ms/table_lock.h"
#include "ms/table_runs.h"
#include "ms/tiled_column.h"

namespace contimg::ms {
namespace {

using casacore::Table;
using MS = casacore::MeasurementSet;

constexpr std::array<const char*, 3> kCompanions{"FLAG", "WEIGHT", "WEIGHT_SPECTRUM"};
constexpr std::size_t kMostRows = 8192;  // of one put

bool has(const Table& table, const std::string& column) { return table.tableDesc().isColumn(column); }

std::size_t n_channels_of(const Observation& o, std::size_t window) {
  const auto& first = o.spw_first_channel;
  return (window + 1 < first.size() ? first[window + 1] : o.n_channels()) - first[window];
}

/// Tiles as those of DATA; such as contimg makes where DATA has none.
TileShape tile_like_data(const Table& table, const Observation& o) {
  try {
    const casacore::ROTiledStManAccessor data(table, "DATA", true);
    const casacore::IPosition shape = data.getTileShape(0);
    if (shape.size() == 3) return {static_cast<std::size_t>(shape(1)), static_cast<std::size_t>(shape(2))};
  } catch (const casacore::AipsError&) {  // not tiled
  }
  TileShape tile = plan_tile(o);
  tile.rows = std::min<std::size_t>(tile.rows, table.nrow());
  return tile;
}

void remove_column(Table& table, const std::string& path, const char* column) {
  try {
    table.removeColumn(column);  // casacore 3.5: canRemoveColumn says no to every column
  } catch (const casacore::AipsError&) {
    refuse(path, std::string("Expected ") + column + " to be stored by itself, so that it can be made anew,",
           ". Copy the MeasurementSet without it");
  }
}

}  // namespace

struct CalibratedColumns::Columns {
  casacore::ArrayColumn<casacore::Complex> corrected;
  casacore::ArrayColumn<bool> flag;
  casacore::ArrayColumn<float> weight, spectrum;
};

CalibratedColumns::CalibratedColumns(Table& table, const MsContents& contents, std::string path)
    : contents_(contents), path_(std::move(path)), columns_(std::make_unique<Columns>()) {
  const Observation& o = contents.observation;
  const std::size_t n_windows = o.spw_first_channel.size(), n_channels = n_channels_of(o, 0);
  bool alike = true;
  for (std::size_t w = 1; w < n_windows; ++w) alike = alike && n_channels_of(o, w) == n_channels;
  with_casacore(path_, [&] {
    const TileShape tile = tile_like_data(table, o);
    const bool again = holds_calibrated(table);
    for (const char* name : kCompanions) {
      if (!has(table, name)) continue;
      if (again)
        remove_column(table, path_, name);
      else
        table.renameColumn(std::string(kUncalibrated) + name, name);
    }
    if (has(table, "CORRECTED_DATA")) remove_column(table, path_, "CORRECTED_DATA");
    const auto cube = [&](MS::PredefinedColumns column, double bytes_per_element) {
      return visibility_column(column, o.n_pols(), n_channels, tile, alike, bytes_per_element);
    };
    for (TiledColumn column : {cube(MS::CORRECTED_DATA, 8), cube(MS::FLAG, 0.125), cube(MS::WEIGHT_SPECTRUM, 4),
                               row_column(MS::WEIGHT, o.n_pols(), table.nrow(), 4)}) {
      column.prefix = "Calibrated";
      add_column(table, column);
    }
    columns_->corrected.attach(table, "CORRECTED_DATA");
    columns_->flag.attach(table, "FLAG");
    columns_->weight.attach(table, "WEIGHT");
    columns_->spectrum.attach(table, "WEIGHT_SPECTRUM");
  });
}

CalibratedColumns::~CalibratedColumns() {
  const std::lock_guard<std::mutex> lock(casacore_mutex());
  columns_.reset();
}

void CalibratedColumns::write_block(VisibilityBlock& block) {
  const Observation& o = contents_.observation;
  const auto& first = o.spw_first_channel;
  const auto window =
      static_cast<std::size_t>(std::upper_bound(first.begin(), first.end(), block.first_channel) - first.begin() - 1);
  const std::size_t n_rows = block.flags.shape(0), n_channels = block.flags.shape(1), n_pols = block.flags.shape(2);
  // To the signs of the table: what it does is its own inverse (docs/conventions.md section 2).
  normalize(block.visibilities.data(), block.flags.data(), block.weights.data(), block.flags.size());
  for (std::size_t i = 0; i < block.flags.size(); ++i) block.flags.data()[i] |= !(block.weights.data()[i] > 0);
  if (contents_.descending[window]) reverse_channels(block);
  std::vector<float> weights(n_rows * n_pols);
  for (std::size_t row = 0; row < n_rows; ++row)
    for (std::size_t p = 0; p < n_pols; ++p) {
      double sum = 0;
      std::size_t count = 0;
      for (std::size_t k = 0; k < n_channels; ++k)
        if (!block.flags(row, k, p)) sum += block.weights(row, k, p), ++count;
      weights[row * n_pols + p] = count > 0 ? static_cast<float>(sum / static_cast<double>(count)) : 0;
    }
  for_each_run(contents_.table_rows[window], {block.first_row, n_rows}, kMostRows, [&](const TableRun& run) {
    const std::size_t row = run.first_row - block.first_row;
    const auto put = [&](auto& column, const auto* values) {
      put_cells(column, run.table_row, 0, n_channels, shared_array(values, n_pols, n_channels, run.n_rows));
    };
    with_casacore(path_, [&] {
      put(columns_->corrected, &block.visibilities(row, 0, 0));
      put(columns_->flag, reinterpret_cast<const bool*>(&block.flags(row, 0, 0)));
      put(columns_->spectrum, &block.weights(row, 0, 0));
      columns_->weight.putColumnRange(
          row_range(run.table_row, run.n_rows),
          shared_array(&weights[row * n_pols],
                       casacore::IPosition(2, static_cast<ssize_t>(n_pols), static_cast<ssize_t>(run.n_rows))));
    });
    const std::uint8_t* flags = &block.flags(row, 0, 0);
    const std::size_t size = run.n_rows * n_channels * n_pols;
    n_visibilities_ += size;
    n_flagged_ += static_cast<std::size_t>(std::count(flags, flags + size, std::uint8_t{1}));
  });
}

double CalibratedColumns::estimate_bytes(const MsContents& contents) {
  constexpr double kPerVisibility = 8 + 4 + 0.125, kPerRow = 4, kCutShort = 16 << 20;
  double bytes = kCutShort;
  const Observation& o = contents.observation;
  for (std::size_t w = 0; w < contents.table_rows.size(); ++w)
    bytes += static_cast<double>(contents.table_rows[w].size() * o.n_pols()) *
             (static_cast<double>(n_channels_of(o, w)) * kPerVisibility + kPerRow);
  return 1.02 * bytes;
}

}  // namespace contimg::ms
