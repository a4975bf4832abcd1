#pragma once

#include <cstddef>
#include <functional>

namespace contimg {

/// Number of hardware threads, at least 1.
unsigned hardware_threads();

/// Calls `body(index)` for every index in [0, count) on up to `threads` threads (0: all hardware threads).
///
/// Indices are handed out one at a time in ascending order, so which thread gets which is not fixed: a body must
/// write to places that belong to its index alone. The first exception stops the loop and is rethrown here.
void parallel_for(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& body);

}  // namespace contimg
