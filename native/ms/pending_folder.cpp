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

void sync_file(const std::string& path) {
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

PendingFolder::PendingFolder(const std::string& final_path, Place place) : final_path_(final_path) {
  while (final_path_.size() > 1 && final_path_.back() == '/') final_path_.pop_back();
  if (place == Place::kFree) require_absent(final_path_);
  if (place == Place::kTaken) final_path_ = fs::canonical(final_path_);  // of a link, where it leads
  const fs::path target(final_path_);
  const fs::path parent = target.has_parent_path() ? target.parent_path() : fs::path(".");
  std::string pattern = parent / ("." + target.filename().string() + ".partial-XXXXXX");
  if (!mkdtemp(pattern.data())) refuse(parent, "create a folder in");
  folder_ = pattern;
  content_ = folder_ + "/ms";
  reserve_ = folder_ + "/reserve";
}

void PendingFolder::require_room(double bytes) const {
  const double free = free_bytes();
  if (free >= bytes) return;
  const auto megabytes = [](double b) { return std::to_string(static_cast<long long>(b / 1e6)) + " MB"; };
  throw Error(code::kDiskFull,
              "Expected " + megabytes(bytes + 1e6) + " free for " + final_path_ + " but there are " + megabytes(free) +
                  ". Free space or give another folder",
              final_path_)
      .with("neededBytes", bytes)
      .with("freeBytes", free);
}

PendingFolder::~PendingFolder() {
  if (folder_.empty()) return;
  std::error_code ignored;  // nothing more can be done for a temporary folder that does not go
  // Emptied first: a file that somebody still has open would keep its room on the disk. But not what has other names,
  // nor what was whole under its own and may be in use.
  for (fs::recursive_directory_iterator entry(folder_, ignored), end; !exchanged_ && entry != end;
       entry.increment(ignored))
    if (entry->is_regular_file(ignored) && entry->hard_link_count(ignored) == 1)
      fs::resize_file(entry->path(), 0, ignored);
  fs::remove_all(folder_, ignored);
}

double PendingFolder::free_bytes() const {
  struct statvfs disk;
  return ::statvfs(folder_.c_str(), &disk) == 0
             ? static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize)
             : 0;
}

void PendingFolder::take_reserve(double bytes) const {
  const int file = ::open(reserve_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) refuse(final_path_, "take room on the disk for");
  const int status = ::posix_fallocate(file, 0, static_cast<off_t>(bytes));
  ::close(file);
  errno = status;
  if (status != 0) refuse(final_path_, "take room on the disk for");
}

void PendingFolder::give_back_reserve() const { ::unlink(reserve_.c_str()); }

void PendingFolder::sync() const {
  for (const auto& entry : fs::recursive_directory_iterator(content_)) sync_file(entry.path());
  sync_file(content_);
}

void PendingFolder::commit() {
  if (!rename_to_free_name(content_, final_path_)) require_absent(final_path_);
  sync_parent();
}

void PendingFolder::sync_parent() const {
  const fs::path parent = fs::path(final_path_).parent_path();
  sync_file(parent.empty() ? "." : parent.string());
}

void PendingFolder::exchange() {
  const std::string aside = folder_ + "/before";
  exchanged_ = true;
  if (renameat2(AT_FDCWD, content_.c_str(), AT_FDCWD, final_path_.c_str(), RENAME_EXCHANGE) != 0) {
    if (errno != EINVAL && errno != ENOSYS) refuse(final_path_, "exchange");
    if (std::rename(final_path_.c_str(), aside.c_str()) != 0) refuse(final_path_, "rename");
    if (std::rename(content_.c_str(), final_path_.c_str()) != 0) {
      const int reason = errno;
      if (std::rename(aside.c_str(), final_path_.c_str()) != 0) folder_.clear();  // keep it
      errno = reason;
      refuse(final_path_, "rename the finished folder to");
    }
  }
  sync_parent();
}

std::string PendingFolder::reject() {
  for (int n = 1;; ++n) {
    const std::string path = final_path_ + ".rejected-" + std::to_string(n);
    if (rename_to_free_name(content_, path)) return path;
  }
}

}  // namespace contimg::ms
