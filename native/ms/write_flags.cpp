#include "ms/write_flags.h"

#include <casacore/casa/Arrays/ArrayLogical.h>
#include <casacore/casa/Arrays/Cube.h>
#include <casacore/tables/Tables/ArrayColumn.h>

#include "core/error.h"
#include "ms/column_access.h"
#include "ms/companion_columns.h"
#include "ms/table_lock.h"
#include "ms/table_runs.h"

namespace contimg::ms {
namespace {

constexpr std::size_t kMostRows = 8192;  // of one put

/// One spectral window of the observation.
struct Channels {
  std::size_t first, count;
  bool descending;
};

casacore::Cube<bool> cells_of(const TableRun& run, const Channels& channels, NdView<const std::uint8_t, 3> reasons) {
  const std::size_t n_pols = reasons.shape(2);
  casacore::Cube<bool> cells(n_pols, channels.count, run.n_rows);
  bool* to = cells.data();
  for (std::size_t row = run.first_row; row < run.first_row + run.n_rows; ++row)
    for (std::size_t k = 0; k < channels.count; ++k) {
      const std::uint8_t* from = &reasons(row, channels.first + (channels.descending ? channels.count - 1 - k : k), 0);
      for (std::size_t p = 0; p < n_pols; ++p) *to++ = from[p] != 0;
    }
  return cells;
}

}  // namespace

void write_flags(const std::string& path, const MsContents& contents, NdView<const std::uint8_t, 3> reasons) {
  const Observation& o = contents.observation;
  if (reasons.shape() != std::array<std::size_t, 3>{o.n_rows(), o.n_channels(), o.n_pols()})
    throw Error(code::kInvalidArgument, "Expected flags of the shape of the MeasurementSet's visibilities", path);
  with_casacore(path, [&] {
    casacore::Table table(path, casacore::Table::Update);
    casacore::ArrayColumn<bool> flag(table, "FLAG"), of_data;
    casacore::ArrayColumn<float> weight;
    if (holds_calibrated(table)) {
      of_data.attach(table, companions_of(table, "DATA").flag);
      weight.attach(table, "WEIGHT_SPECTRUM");
    }
    for (std::size_t w = 0; w < contents.table_rows.size(); ++w) {
      const std::size_t first = o.spw_first_channel[w];
      const std::size_t end = w + 1 < o.spw_first_channel.size() ? o.spw_first_channel[w + 1] : o.n_channels();
      const Channels channels{first, end - first, contents.descending[w] != 0};
      for_each_run(contents.table_rows[w], {0, contents.table_rows[w].size()}, kMostRows, [&](const TableRun& run) {
        casacore::Array<bool> cells = cells_of(run, channels, reasons);
        const casacore::Slicer rows = row_range(run.table_row, run.n_rows);
        if (!of_data.isNull()) {
          of_data.putColumnRange(rows, cells);
          cells = cells || !(weight.getColumnRange(rows) > 0.0f);
        }
        flag.putColumnRange(rows, cells);
      });
    }
    table.flush();
  });
}

}  // namespace contimg::ms
