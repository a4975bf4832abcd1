#pragma once

#include <cstdint>
#include <string>

#include "core/nd_view.h"
#include "ms/ms_table.h"

namespace contimg::ms {

/// Writes FLAG of an MS: 1 where `reasons` is not 0, and otherwise 0; rows that are not in `contents` stay as they are.
/// Where the MS holds calibrated visibilities, these stay flagged where they have no weight.
///
/// @param contents  as MsSource gives them for all of what `reasons` is about
/// @param reasons   (rows, channels, pols) of the observation
/// @throws Error{FILE_ACCESS} it cannot be written; Error{INVALID_ARGUMENT} another shape
void write_flags(const std::string& path, const MsContents& contents, NdView<const std::uint8_t, 3> reasons);

}  // namespace contimg::ms
