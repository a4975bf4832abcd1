#include "ms/linked_copy.h"

#include <cerrno>
#include <filesystem>

#include "core/error.h"

namespace contimg::ms {
namespace {

namespace fs = std::filesystem;

bool is_tiles(const fs::path& file) { return file.filename().string().find("_TSM") != std::string::npos; }

/// Links in the original are followed.
void copy_folder(const fs::path& from, const fs::path& to, bool links) {
  fs::create_directory(to);
  for (const auto& entry : fs::directory_iterator(from)) {
    const fs::path target = to / entry.path().filename();
    if (entry.is_directory()) {
      copy_folder(entry.path(), target, false);
      continue;
    }
    std::error_code cannot;
    if (links && is_tiles(entry.path())) {
      fs::create_hard_link(fs::canonical(entry.path()), target, cannot);
      if (!cannot) continue;
    }
    fs::copy_file(entry.path(), target);
  }
}

}  // namespace

void make_linked_copy(const std::string& from, const std::string& to) {
  try {
    copy_folder(from, to, true);
  } catch (const fs::filesystem_error& error) {
    const bool full = error.code() == std::errc::no_space_on_device ||
                      error.code() == std::error_code(EDQUOT, std::generic_category());
    throw Error(full ? code::kDiskFull : code::kFileAccess,
                "Expected to copy the small files of " + from + " but the system says: " + error.code().message() +
                    (full ? ". Free space and run it again" : ". Check the path and its permissions"),
                from);
  }
}

}  // namespace contimg::ms
