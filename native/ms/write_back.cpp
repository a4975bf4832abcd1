#include "ms/write_back.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

namespace contimg::ms {
namespace {

/// Starts writing what is dirty of a file; waits for nothing but room in the disk's queue.
void start_writing(const std::string& path) {
#ifdef SYNC_FILE_RANGE_WRITE
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  ::sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE);
  ::close(file);
#else
  (void)path;
#endif
}

}  // namespace

WriteBack::WriteBack(std::string table) : table_(std::move(table)), thread_([this] { run(); }) {}

WriteBack::~WriteBack() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void WriteBack::nudge() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    nudged_ = true;
  }
  wake_.notify_one();
}

void WriteBack::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return nudged_ || stop_; });
    if (stop_) return;
    nudged_ = false;
    lock.unlock();
    std::error_code ignored;
    for (std::filesystem::directory_iterator entry(table_, ignored), end; !ignored && entry != end;
         entry.increment(ignored))
      if (entry->path().filename().string().find("_TSM") != std::string::npos) start_writing(entry->path());
    lock.lock();
  }
}

}  // namespace contimg::ms
