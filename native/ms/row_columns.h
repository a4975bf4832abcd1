#pragma once

#include <casacore/ms/MeasurementSets/MeasurementSet.h>

#include <string>
#include <vector>

#include "ms/averaged_source.h"
#include "ms/write_plan.h"

namespace contimg::ms {

/// Writes every column of the main table that is known before a visibility is read: times, antennas, identifiers, and,
/// unless the plan is of averaged data, UVW. Takes the casacore mutex.
void write_row_columns(casacore::MeasurementSet& ms, const WritePlan& plan, const std::string& path);

/// Writes what an averaged row owes to its visibilities: TIME_CENTROID, EXPOSURE, and UVW at TIME_CENTROID. Takes the
/// casacore mutex.
/// @param times  per row of the averaged observation
void write_averaged_row_columns(casacore::MeasurementSet& ms, const WritePlan& plan,
                                const std::vector<AveragedSource::RowTimes>& times, const std::string& path);

}  // namespace contimg::ms
