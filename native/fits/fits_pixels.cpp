#include "fits/fits_pixels.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/simd.h"

namespace contimg::fits {
namespace {

/// A descriptor that is closed again.
class Descriptor {
 public:
  explicit Descriptor(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return fd_; }  // NOLINT: POSIX functions take it

 private:
  int fd_;
};

[[noreturn]] void fail_access(const std::string& path, const char* what) {
  throw Error(code::kFileAccess, std::string("Cannot ") + what + " " + path + ": " + std::strerror(errno), path);
}

[[noreturn]] void fail_changed(const std::string& path) {
  throw Error(code::kFitsFormat, "Expected " + path + " to stay as it is, but it was changed while it was read", path);
}

void read_bytes(int descriptor, const std::string& path, std::size_t offset, std::size_t size, void* out) {
  auto* bytes = static_cast<char*>(out);
  while (size > 0) {
    const ssize_t n = pread(descriptor, bytes, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_access(path, "read");
    if (n == 0) fail_changed(path);
    bytes += n;
    offset += static_cast<std::size_t>(n);
    size -= static_cast<std::size_t>(n);
  }
}

/// FITS is big-endian.
CONTIMG_INLINE std::uint8_t swapped(std::uint8_t v) { return v; }
CONTIMG_INLINE std::uint16_t swapped(std::uint16_t v) { return __builtin_bswap16(v); }
CONTIMG_INLINE std::uint32_t swapped(std::uint32_t v) { return __builtin_bswap32(v); }
CONTIMG_INLINE std::uint64_t swapped(std::uint64_t v) { return __builtin_bswap64(v); }

CONTIMG_SIMD void swap_floats(float* values, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, values + i, sizeof bits);
    bits = swapped(bits);
    std::memcpy(values + i, &bits, sizeof bits);
  }
}

template <typename Stored, typename Bits>
void convert(const char* bytes, std::size_t n, const PixelLayout& layout, float* out) {
  for (std::size_t i = 0; i < n; ++i) {
    Bits bits;
    std::memcpy(&bits, bytes + i * sizeof bits, sizeof bits);
    bits = swapped(bits);
    Stored value;
    std::memcpy(&value, &bits, sizeof value);
    if constexpr (std::numeric_limits<Stored>::is_integer) {
      if (layout.blank && static_cast<std::int64_t>(value) == *layout.blank) {
        out[i] = std::numeric_limits<float>::quiet_NaN();
        continue;
      }
    }
    out[i] = static_cast<float>(layout.zero + layout.scale * static_cast<double>(value));
  }
}

void convert_row(const char* bytes, std::size_t n, const PixelLayout& layout, float* out) {
  switch (layout.bits) {
    case 8:
      return convert<std::uint8_t, std::uint8_t>(bytes, n, layout, out);
    case 16:
      return convert<std::int16_t, std::uint16_t>(bytes, n, layout, out);
    case 32:
      return convert<std::int32_t, std::uint32_t>(bytes, n, layout, out);
    case 64:
      return convert<std::int64_t, std::uint64_t>(bytes, n, layout, out);
    case -64:
      return convert<double, std::uint64_t>(bytes, n, layout, out);
    default:
      return convert<float, std::uint32_t>(bytes, n, layout, out);
  }
}

}  // namespace

FileIdentity::FileIdentity(const struct stat& status)
    : size(static_cast<std::size_t>(status.st_size)),
      device(status.st_dev),
      inode(status.st_ino),
      modified_s(status.st_mtim.tv_sec),
      modified_ns(status.st_mtim.tv_nsec) {}

bool FileIdentity::operator==(const FileIdentity& other) const {
  return size == other.size && device == other.device && inode == other.inode && modified_s == other.modified_s &&
         modified_ns == other.modified_ns;
}

FitsPixels::FitsPixels(std::string path, const FileIdentity& identity, const PixelLayout& layout)
    : path_(std::move(path)), identity_(identity), layout_(layout) {}

void FitsPixels::read(const Window& window, float* out, std::size_t stride) const {
  const Descriptor descriptor(path_);
  struct stat status = {};
  if (descriptor < 0 || fstat(descriptor, &status) != 0) fail_access(path_, "open");
  if (!(FileIdentity(status) == identity_)) fail_changed(path_);

  const std::size_t pixel = static_cast<std::size_t>(std::abs(layout_.bits)) / 8, width = window.width();
  const bool plain = layout_.bits == -32 && layout_.scale == 1 && layout_.zero == 0;
  std::vector<char> bytes(plain ? 0 : width * pixel);
  if (plain && width == layout_.nx && stride == width) {  // in one piece
    read_bytes(descriptor, path_, layout_.offset + window.y_begin * width * pixel, window.height() * width * pixel,
               out);
    return swap_floats(out, window.height() * width);
  }
  for (std::size_t y = window.y_begin; y < window.y_end; ++y, out += stride) {
    const std::size_t offset = layout_.offset + (y * layout_.nx + window.x_begin) * pixel;
    if (plain) {
      read_bytes(descriptor, path_, offset, width * pixel, out);
      swap_floats(out, width);
    } else {
      read_bytes(descriptor, path_, offset, width * pixel, bytes.data());
      convert_row(bytes.data(), width, layout_, out);
    }
  }
}

}  // namespace contimg::fits
