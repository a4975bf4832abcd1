#pragma once

#include <string>

#include "core/job_context.h"
#include "core/visibility_source.h"
#include "ms/write_plan.h"

namespace contimg::ms {

/// Writes an observation as a MeasurementSet version 2, in one pass over the source.
///
///   DATA             the visibilities; multiplied by exp(2 pi i nu (w_field - w_source) / c) in the single-field
///   layout FLAG             the source's flags, and wherever the weight is not positive WEIGHT_SPECTRUM  the source's
///   weights WEIGHT           per polarization, their mean over the channels that are not flagged; 0 where there is
///   none SIGMA            1 / sqrt(WEIGHT); 0 where WEIGHT is 0 UVW              for the row's field,
///   docs/conventions.md section 1
///
/// The MS is filled under a temporary name, validated (ms_validate.h), synced and renamed. Cancelled or failed, nothing
/// is left; an MS that fails its validation is set aside as `<path>.rejected-N`.
///
/// @throws Error{OUTPUT_EXISTS, FILE_ACCESS, DISK_FULL, INVALID_ARGUMENT, MEASUREMENT_SET}, whatever the source throws,
///         and Cancelled
void write_ms(VisibilitySource& source, const std::string& path, const WriteOptions& options,
              const JobContext& context);

}  // namespace contimg::ms
