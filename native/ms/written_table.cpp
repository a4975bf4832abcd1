#include "ms/written_table.h"

#include "core/error.h"
#include "ms/table_lock.h"

namespace contimg::ms {
namespace {

/// Less than this is free where a write failed for want of room.
constexpr double kFull = 1 << 20;  // bytes

}  // namespace

WrittenTable::~WrittenTable() {
  if (!table_) return;
  folder_.give_back_reserve();
  const std::lock_guard<std::mutex> lock(casacore_mutex());
  if (write_failed_ || folder_.free_bytes() < kMostToFlush / 2) {
    table_.release();
    return;
  }
  table_->markForDelete();
  table_.reset();
}

void WrittenTable::write(const std::function<std::unique_ptr<casacore::Table>()>& open,
                         const std::function<void()>& fill) {
  try {
    folder_.take_reserve(kMostToFlush);
    with_casacore(path_, [&] { table_ = open(); });
    fill();
    folder_.give_back_reserve();
    folder_.require_room(kMostToFlush / 2);
    with_casacore(path_, [&] {
      table_->flush();
      table_.reset();
    });
  } catch (const Error& error) {
    write_failed_ = error.path() == path_;
    if (write_failed_) folder_.require_room(kFull);  // casacore garbles the system's reason
    throw;
  }
}

}  // namespace contimg::ms
