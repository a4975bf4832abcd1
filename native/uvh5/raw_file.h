#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace contimg {

/// What tells whether a file is still the one that was opened.
struct FileStamp {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t modified_s = 0, modified_ns = 0;

  /// @throws Error{FILE_ACCESS} the descriptor is not of a file
  static FileStamp of(int descriptor, const std::string& path);
};
bool operator==(const FileStamp& a, const FileStamp& b);
inline bool operator!=(const FileStamp& a, const FileStamp& b) { return !(a == b); }

/// The bytes of an open file, read past libhdf5. Any thread; owns nothing.
class RawFile {
 public:
  RawFile() = default;
  RawFile(int descriptor, std::string path);

  /// From now on offsets count from this byte of the file.
  void begin_at(std::uint64_t begin) { begin_ = begin; }
  std::uint64_t begin() const { return begin_; }

  const FileStamp& stamp() const { return stamp_; }
  /// Bytes from the beginning to the end.
  std::uint64_t size() const { return stamp_.size > begin_ ? stamp_.size - begin_ : 0; }

  /// Whether `size` bytes from `offset` lie within the file.
  bool holds(std::uint64_t offset, std::uint64_t size) const {
    return offset <= this->size() && size <= this->size() - offset;
  }
  /// All of `size` bytes.
  /// @throws Error{UVH5_FORMAT} the file ends before; Error{FILE_ACCESS} the disk fails
  void read(std::uint64_t offset, std::size_t size, void* out) const;

  /// @throws Error{UVH5_FORMAT} the file is longer, shorter or newer than when it was opened
  void require_unchanged() const;

 private:
  int descriptor_ = -1;
  std::string path_;
  FileStamp stamp_;
  std::uint64_t begin_ = 0;
};

/// Throws Error{UVH5_FORMAT}: somebody writes to the file.
[[noreturn]] void refuse_changed(const std::string& path);

}  // namespace contimg
