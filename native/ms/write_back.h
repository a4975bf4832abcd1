#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace contimg::ms {

/// Has the system bring the tile files of a growing table to the disk while they are filled, on a thread of its own, so
/// that little is left for fsync, and the disk works from the beginning. A matter of speed only: nothing depends on it.
class WriteBack {
 public:
  explicit WriteBack(std::string table);
  ~WriteBack();
  WriteBack(const WriteBack&) = delete;
  WriteBack& operator=(const WriteBack&) = delete;

  /// More has been written. Returns at once.
  void nudge();

 private:
  void run();

  std::string table_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool nudged_ = false, stop_ = false;
  std::thread thread_;
};

}  // namespace contimg::ms
