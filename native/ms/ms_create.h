#pragma once

#include <casacore/ms/MeasurementSets/MeasurementSet.h>

#include <memory>
#include <string>

#include "core/observation.h"

namespace contimg::ms {

/// Creates an MS with its subtables, all empty but for `n_rows` rows of the main table, at a path where nothing is.
///
/// DATA, FLAG, WEIGHT_SPECTRUM and UVW lie in tiles of about 1 MiB that span all polarizations and channels of as many
/// rows as fit; what is constant over an integration is in an IncrementalStMan. Call under the casacore mutex.
std::unique_ptr<casacore::MeasurementSet> create_ms(const std::string& path, const Observation& observation,
                                                    std::size_t n_rows);

/// Bytes that the MS will take on disk, within a few percent from above.
double estimate_ms_bytes(const Observation& observation, std::size_t n_rows);

}  // namespace contimg::ms
