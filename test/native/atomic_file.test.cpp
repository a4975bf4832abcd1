#include "core/atomic_file.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "core/error.h"

using namespace contimg;
namespace fs = std::filesystem;

namespace {

/// A folder of its own for each test, removed at the end.
struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "contimg-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  std::ptrdiff_t count() const { return std::distance(fs::directory_iterator(path), fs::directory_iterator()); }
  fs::path path;
};

std::string code_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.code();
  }
  return "nothing";
}

}  // namespace

TEST_CASE("an atomic file replaces another only where that is asked for, and leaves nothing else") {
  const Folder folder;
  const std::string path = (folder.path / "a").string();
  write_atomically(path, "abc", 3, false);
  CHECK(fs::file_size(path) == 3);
  CHECK(code_of([&] { write_atomically(path, "ab", 2, false); }) == code::kOutputExists);
  CHECK(fs::file_size(path) == 3);
  write_atomically(path, "ab", 2, true);
  CHECK(fs::file_size(path) == 2);
  CHECK(folder.count() == 1);
}

TEST_CASE("an atomic file in a missing folder is a file access error") {
  const Folder folder;
  const std::string path = (folder.path / "none" / "a").string();
  CHECK(code_of([&] { write_atomically(path, "abc", 3, false); }) == code::kFileAccess);
}
