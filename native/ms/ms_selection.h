#pragma once

#include <cstddef>
#include <limits>

#include "ms/ms_table.h"

namespace contimg::ms {

/// Consecutive integrations and spectral windows of an MS; counts that reach past the end mean up to the end.
struct Selection {
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
  std::size_t first_time = 0, n_times = kAll;
  std::size_t first_spw = 0, n_spws = kAll;
};

/// Drops from `contents` what is not selected.
/// @throws Error{INVALID_ARGUMENT} where nothing is left
void narrow(MsContents& contents, const Selection& selection);

}  // namespace contimg::ms
