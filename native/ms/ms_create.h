#pragma once

#include <casacore/ms/MeasurementSets/MeasurementSet.h>
#include <casacore/tables/Tables/ArrayColumn.h>

#include <memory>
#include <string>

#include "ms/write_plan.h"

namespace contimg::ms {

/// Creates an MS with its subtables, all empty but for the rows of the main table, at a path where nothing is.
///
/// The visibility columns, UVW, WEIGHT and SIGMA lie in tiles; what is constant over an integration is in an
/// IncrementalStMan. WEIGHT_SPECTRUM is not there yet. Call under the casacore mutex.
std::unique_ptr<casacore::MeasurementSet> create_ms(const std::string& path, const WritePlan& plan);

/// Adds the column WEIGHT_SPECTRUM. Call under the casacore mutex.
casacore::ArrayColumn<float> add_weight_spectrum(casacore::MeasurementSet& ms, const WritePlan& plan);

/// Bytes that the MS will take on disk, WEIGHT_SPECTRUM included, within a few percent from above.
double estimate_ms_bytes(const WritePlan& plan);

}  // namespace contimg::ms
