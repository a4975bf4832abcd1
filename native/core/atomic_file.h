#pragma once

#include <cstddef>
#include <string>

#include "core/job_context.h"

namespace contimg {

/// Writes a file so that at every moment `path` is absent, what it was before, or complete: the bytes go to a
/// temporary dot name in the same folder, are fsynced, and the name is changed.
///
/// @throws Error{OUTPUT_EXISTS} `path` exists and `overwrite` is false; Error{DISK_FULL}; Error{FILE_ACCESS};
///         Cancelled at a checkpoint, one per 16 MiB and before the name is changed
void write_atomically(const std::string& path, const void* bytes, std::size_t size, bool overwrite,
                      const JobContext& context = JobContext());

/// @throws Error{OUTPUT_EXISTS} something stands at `path`
void check_absent(const std::string& path);

}  // namespace contimg
