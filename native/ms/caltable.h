#pragma once

#include <string>

#include "core/solutions.h"

namespace contimg::ms {

/// Writes solutions as a CASA calibration table, as CASA since 3.3 and python-casacore read them: the main table with
/// CPARAM (FPARAM, nanoseconds, for delays), PARAMERR, SNR, FLAG and WEIGHT; the subtables ANTENNA, SPECTRAL_WINDOW,
/// FIELD, OBSERVATION and HISTORY. ANTENNA2 is the reference antenna, or -1.
///
/// A table goes with a MeasurementSet, which holds conjugates (docs/conventions.md section 2), and so do its gains.
/// They are rounded to single precision; why something is flagged is not kept. The table appears whole or not at all.
///
/// @throws Error{OUTPUT_EXISTS, FILE_ACCESS, DISK_FULL}
/// @param ms_name  of the data, for the keyword MSName
void write_caltable(const Solutions& solutions, const std::string& path, const std::string& ms_name);

/// Reads a table of G, B or K Jones, ours or CASA's, after looking into everything that can be wrong with it.
///
/// @throws Error{FILE_ACCESS} nothing there; Error{CALIBRATION_TABLE} with what is wrong
Solutions read_caltable(const std::string& path);

}  // namespace contimg::ms
