#pragma once

#include <casacore/tables/Tables/Table.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace contimg::ms {

/// The columns that say what a row of a calibration table is about.
struct CaltableRows {
  std::vector<double> time, interval;           ///< MJD seconds, seconds
  std::vector<int> window, antenna, reference;  ///< indices; a reference of -1 is none
};

/// @throws Error{CALIBRATION_TABLE} an index out of range, or a time that is none
CaltableRows read_caltable_rows(const casacore::Table& table, std::size_t n_antennas, std::size_t n_windows,
                                const std::string& path);

/// The reference antenna of all rows, if they have one.
std::optional<std::size_t> only_reference(const CaltableRows& rows);

/// One time per solution interval, ascending, the first of its rows'. CASA gives each spectral window a time of its
/// own, the mean of its unflagged data: those of one interval are taken together.
std::vector<double> solution_times(const CaltableRows& rows);

}  // namespace contimg::ms
