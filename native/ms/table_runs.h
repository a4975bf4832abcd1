#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/row_range.h"
#include "ms/ms_rows.h"

namespace contimg::ms {

/// Rows of an observation that stand together in the main table: row first_row + i is table row table_row + i.
struct TableRun {
  std::size_t table_row, first_row, n_rows;
};

/// use(run) for the rows that the table has, in runs of at most `most`.
/// @param table_rows  of one spectral window, per row of the observation
template <typename Use>
void for_each_run(const std::vector<std::uint32_t>& table_rows, RowRange rows, std::size_t most, const Use& use) {
  for (std::size_t row = rows.first; row < rows.end();) {
    if (table_rows[row] == kNoRow) {
      ++row;
      continue;
    }
    std::size_t n = 1;
    while (row + n < rows.end() && n < most && table_rows[row + n] == table_rows[row] + n) ++n;
    use(TableRun{table_rows[row], row, n});
    row += n;
  }
}

}  // namespace contimg::ms
