#pragma once

#include <casacore/ms/MeasurementSets/MeasurementSet.h>

#include <string>

#include "ms/write_plan.h"

namespace contimg::ms {

/// Writes every column of the main table that is known before a visibility is read: times, antennas, identifiers, UVW.
/// Takes the casacore mutex.
void write_row_columns(casacore::MeasurementSet& ms, const WritePlan& plan, const std::string& path);

}  // namespace contimg::ms
