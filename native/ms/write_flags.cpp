#include "ms/write_flags.h"

#include <casacore/casa/Arrays/Cube.h>
#include <casacore/casa/Arrays/Slicer.h>
#include <casacore/tables/Tables/ArrayColumn.h>

#include <algorithm>

#include "core/error.h"
#include "ms/table_lock.h"

namespace contimg::ms {
namespace {

constexpr std::size_t kMostRows = 8192;  // of one put

/// Puts the flags of consecutive table rows, which are the observation's rows first, first + 1, ...
void put_run(casacore::ArrayColumn<bool>& column, std::size_t table_row, std::size_t first, std::size_t n_rows,
             std::size_t first_channel, std::size_t n_channels, bool descending,
             NdView<const std::uint8_t, 3> reasons) {
  const std::size_t n_pols = reasons.shape(2);
  casacore::Cube<bool> cells(n_pols, n_channels, n_rows);
  bool* to = cells.data();
  for (std::size_t row = first; row < first + n_rows; ++row)
    for (std::size_t k = 0; k < n_channels; ++k) {
      const std::uint8_t* from = &reasons(row, first_channel + (descending ? n_channels - 1 - k : k), 0);
      for (std::size_t p = 0; p < n_pols; ++p) *to++ = from[p] != 0;
    }
  using casacore::IPosition;
  column.putColumnRange(
      casacore::Slicer(IPosition(1, static_cast<ssize_t>(table_row)), IPosition(1, static_cast<ssize_t>(n_rows))),
      cells);
}

}  // namespace

void write_flags(const std::string& path, const MsContents& contents, NdView<const std::uint8_t, 3> reasons) {
  const Observation& o = contents.observation;
  if (reasons.shape() != std::array<std::size_t, 3>{o.n_rows(), o.n_channels(), o.n_pols()})
    throw Error(code::kInvalidArgument, "Expected flags of the shape of the MeasurementSet's visibilities", path);
  with_casacore(path, [&] {
    casacore::Table table(path, casacore::Table::Update);
    casacore::ArrayColumn<bool> column(table, "FLAG");
    for (std::size_t w = 0; w < contents.table_rows.size(); ++w) {
      const auto& rows = contents.table_rows[w];
      const std::size_t first = o.spw_first_channel[w];
      const std::size_t end = w + 1 < o.spw_first_channel.size() ? o.spw_first_channel[w + 1] : o.n_channels();
      for (std::size_t row = 0; row < rows.size();) {
        if (rows[row] == kNoRow) {
          ++row;
          continue;
        }
        std::size_t n = 1;
        while (row + n < rows.size() && n < kMostRows && rows[row + n] == rows[row] + n) ++n;
        put_run(column, rows[row], row, n, first, end - first, contents.descending[w] != 0, reasons);
        row += n;
      }
    }
    table.flush();
  });
}

}  // namespace contimg::ms
