#pragma once

#include <casacore/tables/Tables/Table.h>

#include <memory>
#include <string>

#include "core/visibility_source.h"
#include "ms/ms_table.h"

namespace contimg::ms {

/// CORRECTED_DATA, FLAG, WEIGHT and WEIGHT_SPECTRUM of a table, made anew. Takes the casacore mutex where it needs it.
class CalibratedColumns {
 public:
  /// Adds the columns to the table in place of such as were written before; keeps those of DATA under other names.
  /// @throws Error{MEASUREMENT_SET} a CORRECTED_DATA that cannot be removed
  CalibratedColumns(casacore::Table& table, const MsContents& contents, std::string path);
  ~CalibratedColumns();

  /// Writes rows of one spectral window, all channels of it; changes the block to the signs and order of the table.
  void write_block(VisibilityBlock& block);

  std::size_t n_visibilities() const { return n_visibilities_; }
  std::size_t n_flagged() const { return n_flagged_; }

  /// What they take on the disk, from above.
  static double estimate_bytes(const MsContents& contents);

 private:
  struct Columns;

  const MsContents& contents_;
  std::string path_;
  std::unique_ptr<Columns> columns_;
  std::size_t n_visibilities_ = 0, n_flagged_ = 0;
};

}  // namespace contimg::ms
