#pragma once

#include <casacore/casa/Arrays/Vector.h>
#include <casacore/tables/Tables/Table.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/observation.h"

namespace contimg::ms {

/// In a list of main-table rows: this window lacks the row that others have.
inline constexpr std::uint32_t kNoRow = std::numeric_limits<std::uint32_t>::max();

/// The columns that say which visibility a row of the main table holds.
struct RowKeys {
  casacore::Vector<double> time, interval;
  casacore::Vector<int> antenna1, antenna2, field, data_description;

  /// @throws Error{MEASUREMENT_SET} no rows or too many, antennas that are not in ANTENNA, a TIME that is not finite
  RowKeys(const casacore::Table& ms, std::size_t n_antennas, const std::string& path);

  /// Data descriptions that have rows, ascending.
  std::vector<std::size_t> data_descriptions_in_use(const std::string& path) const;
};

/// Main-table rows per spectral window, one for each row of the observation, or kNoRow.
using WindowRows = std::vector<std::vector<std::uint32_t>>;

/// Brings the rows of the chosen fields and data descriptions, in whatever order they stand, into the order of an
/// observation: ascending in time, those of one TIME and FIELD_ID together. Windows that have the same rows in the same
/// order keep that order within an integration; otherwise rows ascend by baseline, and a row is there if one window has
/// it.
///
/// @param fields  per FIELD row, whether it is chosen
/// @param data_descriptions  of each window
/// @throws Error{MEASUREMENT_SET} where no row is left
WindowRows order_rows(const RowKeys& keys, const std::vector<char>& fields,
                      const std::vector<std::size_t>& data_descriptions, const std::string& path);

/// Fills what belongs to rows and integrations, but directions, and returns the field of each integration.
std::vector<std::uint32_t> read_rows(const casacore::Table& ms, const RowKeys& keys, const WindowRows& rows,
                                     const std::string& path, Observation& observation);

}  // namespace contimg::ms
