#pragma once

#include <string>

#include "core/job_context.h"
#include "core/visibility_source.h"
#include "ms/write_plan.h"

namespace contimg::ms {

/// Writes an observation as a MeasurementSet version 2, in one pass over the source, in any order of its blocks.
///
/// - DATA: the visibilities; with a single field multiplied by exp(2 pi i nu (w_field - w_source) / c)
/// - FLAG: the source's flags, and set wherever the weight is not positive
/// - WEIGHT: per polarization, the mean weight of the channels that are not flagged; where all are, that of one of them
/// - WEIGHT_SPECTRUM: the source's weights; left out where in every row all channels have the weight that WEIGHT says
/// - SIGMA: 1 / sqrt(WEIGHT), 0 where WEIGHT is 0
/// - UVW: for the row's field, docs/conventions.md section 1
/// - MODEL_DATA, CORRECTED_DATA: only when asked for; 1 Jy at the phase center, and a copy of DATA
///
/// The MS is filled under a temporary name, validated (ms_validate.h), synced and renamed. Cancelled or failed, nothing
/// is left; an MS that fails its validation is set aside as `<path>.rejected-N`, or kept where
/// options.validation_is_fatal is false.
///
/// Memory: the source's blocks, and about 50 bytes per row.
///
/// @return why the MS failed its validation, empty where it did not
/// @throws Error{OUTPUT_EXISTS, FILE_ACCESS, DISK_FULL, INVALID_ARGUMENT, MEASUREMENT_SET}, whatever the source throws,
///         and Cancelled
std::string write_ms(VisibilitySource& source, const std::string& path, const WriteOptions& options,
                     const JobContext& context);

}  // namespace contimg::ms
