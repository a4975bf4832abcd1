#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "core/pixel_access.h"

namespace contimg::fits {

/// What tells one file from another that was put in its place, or written to.
struct FileIdentity {
  FileIdentity() = default;
  explicit FileIdentity(const struct stat& status);
  bool operator==(const FileIdentity& other) const;

  std::size_t size = 0;
  std::uint64_t device = 0, inode = 0;
  std::int64_t modified_s = 0, modified_ns = 0;
};

/// How the pixels of an image stand in a file.
struct PixelLayout {
  std::size_t nx = 0, ny = 0;
  std::size_t offset = 0;  ///< of the first pixel, bytes
  int bits = -32;          ///< BITPIX
  double scale = 1, zero = 0;
  std::optional<std::int64_t> blank;
};

/// The pixels of a FITS file, read as they are asked for. The file is opened anew for every read: no descriptor is
/// kept.
class FitsPixels final : public PixelSource {
 public:
  FitsPixels(std::string path, const FileIdentity& identity, const PixelLayout& layout);

  std::size_t nx() const override { return layout_.nx; }
  std::size_t ny() const override { return layout_.ny; }
  /// @throws Error{FILE_ACCESS}; Error{FITS_FORMAT} the file is not what it was when its header was read
  void read(const Window& window, float* out, std::size_t stride) const override;

 private:
  std::string path_;
  FileIdentity identity_;
  PixelLayout layout_;
};

}  // namespace contimg::fits
