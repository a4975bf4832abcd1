#pragma once

#include <cstddef>
#include <limits>

#include "ms/ms_table.h"

namespace contimg::ms {

/// A part of an MS: fields and data descriptions, and of what they make up, consecutive integrations and spectral
/// windows; counts that reach past the end mean up to the end.
struct Selection {
  Choice choice;
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
  std::size_t first_time = 0, n_times = kAll;
  std::size_t first_spw = 0, n_spws = kAll;
};

/// Drops from `contents` the integrations and spectral windows that are not selected.
/// @throws Error{INVALID_ARGUMENT} where nothing is left
void narrow(MsContents& contents, const Selection& selection);

}  // namespace contimg::ms
