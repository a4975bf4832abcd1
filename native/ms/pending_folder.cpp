#include "ms/pending_folder.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "core/error.h"

namespace contimg::ms {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& path, const std::string& doing) {
  const int reason = errno;
  const bool full = reason == ENOSPC || reason == EDQUOT;
  throw Error(full ? code::kDiskFull : code::kFileAccess,
              "Expected to " + doing + " " + path + " but the system says: " + std::strerror(reason) +
                  (full ? ". Free space and run it again" : ". Check the path and its permissions"),
              path);
}

void sync(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) refuse(path, "open");
  const int status = ::fsync(file);
  const int reason = errno;
  ::close(file);
  errno = reason;
  if (status != 0) refuse(path, "sync to disk");
}

/// Renames a folder to a name that nothing has; false when something has it.
bool rename_to_free_name(const std::string& from, const std::string& to) {
  int status = renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  if (status != 0 && (errno == EINVAL || errno == ENOSYS)) {  // the file system cannot: plain rename keeps full folders
    if (fs::exists(fs::symlink_status(to))) return false;
    status = std::rename(from.c_str(), to.c_str());
  }
  if (status == 0) return true;
  if (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR) return false;
  refuse(to, "rename the finished folder to");
}

}  // namespace

void require_absent(const std::string& path) {
  std::error_code unreadable;
  if (fs::exists(fs::symlink_status(path, unreadable)))
    throw Error(code::kOutputExists,
                "Expected nothing at " + path + " but something is there. Remove it or give another path", path);
}

PendingFolder::PendingFolder(std::string final_path, double bytes) : final_path_(std::move(final_path)) {
  while (final_path_.size() > 1 && final_path_.back() == '/') final_path_.pop_back();
  require_absent(final_path_);
  const fs::path target(final_path_);
  const fs::path parent = target.has_parent_path() ? target.parent_path() : fs::path(".");
  struct statvfs disk;
  if (::statvfs(parent.c_str(), &disk) != 0) refuse(parent, "write into the folder");
  const double free_bytes = static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize);
  if (free_bytes < bytes)
    throw Error(code::kDiskFull,
                "Expected " + std::to_string(static_cast<long long>(bytes / 1e6) + 1) + " MB free for " + final_path_ +
                    " but there are " + std::to_string(static_cast<long long>(free_bytes / 1e6)) +
                    " MB. Free space or give another folder",
                final_path_);
  std::string pattern = parent / ("." + target.filename().string() + ".partial-XXXXXX");
  if (!mkdtemp(pattern.data())) refuse(parent, "create a folder in");
  folder_ = pattern;
  content_ = folder_ + "/ms";
}

PendingFolder::~PendingFolder() {
  std::error_code ignored;  // nothing more can be done for a temporary folder that does not go
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

void PendingFolder::commit() {
  for (const auto& entry : fs::recursive_directory_iterator(content_)) sync(entry.path());
  sync(content_);
  if (!rename_to_free_name(content_, final_path_)) require_absent(final_path_);
  const fs::path parent = fs::path(final_path_).parent_path();
  sync(parent.empty() ? "." : parent.string());
}

std::string PendingFolder::reject() {
  for (int n = 1;; ++n) {
    const std::string path = final_path_ + ".rejected-" + std::to_string(n);
    if (rename_to_free_name(content_, path)) return path;
  }
}

}  // namespace contimg::ms
