#pragma once

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/job_context.h"
#include "uvh5/hdf5_handle.h"

namespace contimg {

using Hdf5Extents = std::vector<hsize_t>;

/// How a large dataset is stored.
struct Hdf5Storage {
  Hdf5Extents chunk;           ///< empty: contiguous
  bool grows = false;          ///< the first axis has no maximum
  bool is_compressed = false;  ///< shuffled and deflated; needs chunks
};

/// A group of a file that is being built. Datasets bear no time stamps: files of equal content are equal.
/// Every call takes hdf5_lock() for itself. No group may outlive its file.
class Hdf5GroupBuilder {
 public:
  explicit Hdf5GroupBuilder(Hdf5Handle group) : group_(std::move(group)) {}
  Hdf5GroupBuilder group(const std::string& name) const;

  void number(const char* name, double value) const;
  void integer(const char* name, std::int64_t value) const;
  void numbers(const char* name, const std::vector<double>& values) const;
  void integers(const char* name, const std::vector<std::int64_t>& values) const;
  /// An array of any type that HDF5 knows.
  void array(const char* name, hid_t type, const Hdf5Extents& shape, const void* values) const;
  /// Text of fixed length, as numpy's bytes.
  void bytes(const char* name, const std::string& text) const;
  /// Likewise, each padded with NUL to `length`.
  void bytes(const char* name, const std::vector<std::string>& texts, std::size_t length) const;
  /// Text of variable length in UTF-8, as Python's str.
  void text(const char* name, const char* text) const;
  /// A dataset without a value, as h5py.Empty: None.
  void nothing(const char* name) const;

  /// A large array, some rows at a time. `rows(first, n)` gives the values of n rows, valid until its next call.
  void rows(const char* name, hid_t type, const Hdf5Extents& shape, const Hdf5Storage& storage,
            const std::function<const void*(std::size_t first, std::size_t n)>& rows, const JobContext& context) const;

 private:
  Hdf5Handle group_;
};

/// An HDF5 file that is built in memory (HDF5's core driver), and then given away as bytes: a full disk is an errno in
/// the hands of whoever writes them, and HDF5 never holds a dirty file that it cannot flush.
class Hdf5Builder {
 public:
  Hdf5Builder();
  Hdf5GroupBuilder root() const;
  /// Closes the file; its bytes stay here.
  void finish();
  const unsigned char* data() const { return image_->bytes.get(); }
  std::size_t size() const { return size_; }

  /// Where HDF5 keeps the file: memory that outlives it.
  struct Image {
    struct Free {
      void operator()(unsigned char* pointer) const { std::free(pointer); }
    };
    std::unique_ptr<unsigned char, Free> bytes;
  };

 private:
  std::unique_ptr<Image> image_;
  Hdf5Handle file_;
  std::size_t size_ = 0;
};

/// The HDF5 type of an element of visibilities (`r`, `i`), and of flags as h5py's booleans.
Hdf5Handle hdf5_complex64();
Hdf5Handle hdf5_boolean();

/// Chunk shape that h5py chooses for a resizable dataset (`chunks=True`): what the real files have.
Hdf5Extents h5py_chunk_shape(const Hdf5Extents& shape, std::size_t element_bytes);

}  // namespace contimg
