#include "uvh5/raw_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.h"

namespace contimg {

FileStamp FileStamp::of(int descriptor, const std::string& path) {
  struct stat status;
  if (::fstat(descriptor, &status) != 0)
    throw Error(code::kFileAccess, "Expected to read " + path + ": " + std::strerror(errno), path);
  return {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino),
          static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

bool operator==(const FileStamp& a, const FileStamp& b) {
  return a.device == b.device && a.inode == b.inode && a.size == b.size && a.modified_s == b.modified_s &&
         a.modified_ns == b.modified_ns;
}

void refuse_changed(const std::string& path) {
  throw Error(code::kUvh5Format,
              path + ": Expected the file to stay as it was, but it changed while it was read. " +
                  "Wait until it is written completely",
              path);
}

RawFile::RawFile(int descriptor, std::string path)
    : descriptor_(descriptor), path_(std::move(path)), stamp_(FileStamp::of(descriptor, path_)) {}

void RawFile::read(std::uint64_t offset, std::size_t size, void* out) const {
  constexpr std::size_t kMostAtOnce = 1u << 30;  // Linux reads up to 2 GB in one call
  auto* to = static_cast<char*>(out);
  offset += begin_;
  while (size > 0) {
    const ssize_t got = ::pread(descriptor_, to, std::min(size, kMostAtOnce), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(code::kFileAccess, "Could not read " + path_ + ": " + std::strerror(errno), path_);
    if (got == 0)
      throw Error(code::kUvh5Format,
                  path_ + ": Expected " + std::to_string(size) + " more bytes from " + std::to_string(offset) +
                      " but the file ends there. It is incomplete: copy it again",
                  path_);
    to += got;
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
}

void RawFile::require_unchanged() const {
  if (FileStamp::of(descriptor_, path_) != stamp_) refuse_changed(path_);
}

}  // namespace contimg
