#pragma once

#include <casacore/casa/Exceptions/Error.h>

#include <mutex>
#include <string>

namespace contimg::ms {

/// casacore shares one object between all openers of a table, without a lock of its own. Every use of casacore in this
/// process, destructors included, is therefore made under this one mutex: held for a chunk of I/O, never during
/// arithmetic. Parallel I/O on one MeasurementSet takes several processes.
std::mutex& casacore_mutex();

/// Prepares casacore: its static table descriptions are made, and its log, which would go to stderr, is dropped (what
/// matters of it is in the exceptions). Call once, from the main thread.
void initialize_casacore();

/// The Error for what casacore threw: DISK_FULL where the disk is full, otherwise MEASUREMENT_SET.
[[noreturn]] void rethrow(const casacore::AipsError& error, const std::string& path);

/// Runs `use`, which touches casacore, under the mutex; casacore's exceptions come out as Error about `path`.
template <typename Use>
auto with_casacore(const std::string& path, Use&& use) {
  const std::lock_guard<std::mutex> lock(casacore_mutex());
  try {
    return use();
  } catch (const casacore::AipsError& error) {
    rethrow(error, path);
  }
}

}  // namespace contimg::ms
