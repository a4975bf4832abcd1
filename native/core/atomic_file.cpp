#include "core/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/error.h"

namespace contimg {
namespace {

[[noreturn]] void fail(const std::string& path, const char* what, int reason) {
  if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG)
    throw Error(code::kDiskFull,
                "Cannot write " + path + ": " + std::strerror(reason) + ". Free some space or choose another disk",
                path);
  throw Error(code::kFileAccess, std::string("Cannot ") + what + " " + path + ": " + std::strerror(reason), path);
}

[[noreturn]] void fail_exists(const std::string& path) {
  throw Error(code::kOutputExists, "Expected nothing at " + path + ", but it exists. Remove it, or pass overwrite",
              path);
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path, bool overwrite) : path_(path), overwrite_(overwrite) {
  if (!overwrite) check_absent(path);
  static std::atomic<unsigned> serial{0};
  const std::size_t slash = path.rfind('/');
  const std::size_t base = slash == std::string::npos ? 0 : slash + 1;
  folder_ = base == 0 ? "." : path.substr(0, base);
  name_ = path.substr(0, base) + "." + path.substr(base) + "." + std::to_string(getpid()) + "-" +
          std::to_string(serial++) + ".tmp";
  descriptor_ = open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(path_, "create", errno);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!name_.empty()) unlink(name_.c_str());
}

void AtomicFile::reserve(std::size_t size) {
  // A file system that cannot do it (EOPNOTSUPP, EINVAL) will tell when it is full.
  if (fallocate(descriptor_, 0, 0, static_cast<off_t>(size)) != 0 && (errno == ENOSPC || errno == EFBIG))
    fail(path_, "write", errno);
}

void AtomicFile::write(std::size_t offset, const void* bytes, std::size_t size) {
  const auto* from = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t written = pwrite(descriptor_, from, size, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path_, "write", errno);
    from += written;
    offset += static_cast<std::size_t>(written);
    size -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::start_writing(std::size_t offset, std::size_t size) {
#ifdef SYNC_FILE_RANGE_WRITE
  sync_file_range(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(size), SYNC_FILE_RANGE_WRITE);
#else
  (void)offset, (void)size;
#endif
}

void AtomicFile::commit() {
  if (fsync(descriptor_) != 0) fail(path_, "write", errno);
  const int descriptor = descriptor_;
  descriptor_ = -1;
  if (close(descriptor) != 0) fail(path_, "write", errno);
  rename();
  sync_folder();
}

void AtomicFile::rename() {
  if (overwrite_) {
    if (::rename(name_.c_str(), path_.c_str()) != 0) fail(path_, "write", errno);
  } else if (renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) fail_exists(path_);
    if (errno != EINVAL && errno != ENOSYS) fail(path_, "write", errno);
    check_absent(path_);  // a file system without RENAME_NOREPLACE
    if (::rename(name_.c_str(), path_.c_str()) != 0) fail(path_, "write", errno);
  }
  name_.clear();
}

/// Makes the new name durable. Some network file systems refuse; the data is safe all the same.
void AtomicFile::sync_folder() const {
  const int folder = open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  fsync(folder);
  close(folder);
}

void check_absent(const std::string& path) {
  struct stat status;
  if (lstat(path.c_str(), &status) == 0) fail_exists(path);
}

void write_atomically(const std::string& path, const void* bytes, std::size_t size, bool overwrite,
                      const JobContext& context) {
  AtomicFile file(path, overwrite);
  constexpr std::size_t kPiece = std::size_t{16} << 20;
  for (std::size_t done = 0; done < size; done += kPiece) {
    context.checkpoint(static_cast<double>(done) / static_cast<double>(size));
    file.write(done, static_cast<const char*>(bytes) + done, std::min(size - done, kPiece));
  }
  context.checkpoint();
  file.commit();
}

}  // namespace contimg
