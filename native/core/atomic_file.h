#pragma once

#include <cstddef>
#include <string>

#include "core/job_context.h"

namespace contimg {

/// A file that appears whole: what is written goes to a temporary dot name in the same folder, which commit() gives its
/// name after fsync. Without commit nothing is left. Pieces may be written by several threads at once.
///
/// @throws Error{OUTPUT_EXISTS} something stands at `path` and `overwrite` is false; Error{DISK_FULL};
/// Error{FILE_ACCESS}
class AtomicFile {
 public:
  AtomicFile(const std::string& path, bool overwrite);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Takes the room on the disk, so that a full one is known before the work is done.
  void reserve(std::size_t size);
  void write(std::size_t offset, const void* bytes, std::size_t size);
  /// Has the disk begin with a range that is written, and waits for nothing: commit() has less to wait for then.
  void start_writing(std::size_t offset, std::size_t size);
  void commit();

 private:
  void rename();
  void sync_folder() const;

  std::string path_, folder_, name_;
  bool overwrite_;
  int descriptor_ = -1;
};

/// Writes a file so that at every moment `path` is absent, what it was before, or complete: the bytes go to a
/// temporary dot name in the same folder, are fsynced, and the name is changed.
///
/// @throws Error{OUTPUT_EXISTS} `path` exists and `overwrite` is false; Error{DISK_FULL}; Error{FILE_ACCESS};
///         Cancelled at a checkpoint, one per 16 MiB and before the name is changed
void write_atomically(const std::string& path, const void* bytes, std::size_t size, bool overwrite,
                      const JobContext& context = JobContext());

/// @throws Error{OUTPUT_EXISTS} something stands at `path`
void check_absent(const std::string& path);

}  // namespace contimg
