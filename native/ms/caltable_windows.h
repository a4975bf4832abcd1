#pragma once

#include <casacore/tables/Tables/Table.h>

#include <cstddef>
#include <string>
#include <vector>

#include "core/solutions.h"

namespace contimg::ms {

/// @throws Error{CALIBRATION_TABLE} always: the reason, with the path of the table
[[noreturn]] void refuse_caltable(const std::string& path, const std::string& reason);

/// A subtable that the table must have.
casacore::Table caltable_subtable(const casacore::Table& table, const char* name, const std::string& path);

/// A spectral window of a calibration table.
struct CaltableWindow {
  std::vector<double> freq_hz, width_hz;  ///< of its bands, ascending
  std::vector<std::size_t> channel;       ///< per band, into the table's channels
  double reference_hz = 0;                ///< REF_FREQUENCY
  double pivot_hz = 0;                    ///< where the phase of a delay is 0
};

/// By their number. One band is one channel of a bandpass, and all of a window of delays and gains.
std::vector<CaltableWindow> read_caltable_windows(const casacore::Table& table, Term term, const std::string& path);

/// Those of `used` that have rows, ascending in frequency.
std::vector<std::size_t> windows_in_order(const std::vector<int>& used, const std::vector<CaltableWindow>& windows,
                                          const std::string& path);

/// Lets the solutions of a window hold wherever a window is. CASA's solver moves the one that holds what it combined
/// from several to their common center; REF_FREQUENCY stays where it was.
void hold_in_all(std::vector<CaltableWindow>& windows, std::size_t window);

}  // namespace contimg::ms
