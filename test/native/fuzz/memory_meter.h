#pragma once

#include <cstddef>

/// Bytes that malloc and new hold, counted by the sanitizer's hooks: libhdf5's included, to the byte, on every thread.
namespace contimg::fuzz {

/// Counts from now on. Call once per process.
void install_memory_meter();

/// Forgets what was held at most so far.
void restart_memory_peak();

/// Most bytes that were held at once since restart_memory_peak(), beyond those held then.
std::size_t memory_peak();

}  // namespace contimg::fuzz
