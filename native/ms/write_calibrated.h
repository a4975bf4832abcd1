#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/job_context.h"
#include "core/visibility_source.h"
#include "ms/ms_table.h"

namespace contimg::ms {

struct WrittenVisibilities {
  std::size_t n_visibilities = 0, n_flagged = 0;
};

/// Writes visibilities that were calibrated as they were read from an MS into its CORRECTED_DATA, with their flags and
/// weights: see CalibratedColumns.
///
/// A copy of the MS gets the columns, under a hidden name beside it, and takes its place when it is whole. DATA and all
/// else that is large is not copied but linked. Whenever the process ends, the MS is whole: as before, or with all of
/// the new columns.
///
/// @param calibrated  of the MS at `path`, as MsSource reads DATA; block by block
/// @param contents    as MsSource gives them for the whole MS
/// @param history     lines for HISTORY
/// @throws Error{DISK_FULL, FILE_ACCESS, MEASUREMENT_SET}; what the source throws
/// Memory: a block.
WrittenVisibilities write_calibrated(const std::string& path, VisibilitySource& calibrated, const MsContents& contents,
                                     const std::vector<std::string>& history, const JobContext& context);

}  // namespace contimg::ms
