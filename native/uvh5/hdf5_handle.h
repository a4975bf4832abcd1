#pragma once

#include <hdf5.h>

#include <mutex>
#include <string>
#include <utility>

namespace contimg {

/// Locks libhdf5: held for each piece of I/O, never during arithmetic or while somebody else's code runs. The first
/// call prepares the library (no atexit handler, no error printing, the filters LZF and bitshuffle).
///
/// Recursive, so that handles may be closed both inside and outside of a locked stretch.
std::unique_lock<std::recursive_mutex> hdf5_lock();

/// What libhdf5 says went wrong last on this thread, the innermost reason; for the end of a message.
std::string hdf5_reason();

/// Owns one HDF5 identifier.
class Hdf5Handle {
 public:
  using Close = herr_t (*)(hid_t);

  Hdf5Handle() = default;
  /// A negative `id` (HDF5's failure) makes an empty handle.
  Hdf5Handle(hid_t id, Close close) : id_(id), close_(close) {}
  Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Hdf5Handle& operator=(Hdf5Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Hdf5Handle() {
    if (id_ < 0) return;
    const auto lock = hdf5_lock();
    close_(id_);
  }

  explicit operator bool() const { return id_ >= 0; }
  hid_t id() const { return id_; }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

}  // namespace contimg
