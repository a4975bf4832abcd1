#pragma once

#include <casacore/tables/Tables/Table.h>

#include <functional>
#include <memory>
#include <string>

#include "ms/pending_folder.h"

namespace contimg::ms {

/// What casacore may have to write when a table is closed: a few tiles of each column and the tables' descriptions.
inline constexpr double kMostToFlush = 16 << 20;  // bytes

/// A table that is written in a pending folder, opened and closed under the casacore mutex.
///
/// Closing flushes, finished or not, and where the disk is full then, an exception leaves one of casacore's destructors
/// and ends the process. So room is kept for it; and after a failed write, or short of room, the table is left open for
/// good.
class WrittenTable {
 public:
  /// @param path  what errors name
  WrittenTable(const PendingFolder& folder, std::string path) : folder_(folder), path_(std::move(path)) {}
  ~WrittenTable();
  WrittenTable(const WrittenTable&) = delete;
  WrittenTable& operator=(const WrittenTable&) = delete;

  /// Opens the table, has it filled, and closes it.
  /// @param open  called under the mutex
  /// @param fill  called without it
  void write(const std::function<std::unique_ptr<casacore::Table>()>& open, const std::function<void()>& fill);

 private:
  const PendingFolder& folder_;
  std::string path_;
  std::unique_ptr<casacore::Table> table_;
  bool write_failed_ = false;
};

}  // namespace contimg::ms
