#pragma once

#include <hdf5.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "dice.h"
#include "uvh5/hdf5_handle.h"

namespace contimg::fuzz {

/// An HDF5 identifier that is there.
class Id {
 public:
  Id(hid_t id, Hdf5Handle::Close close) : handle_(id, close) {
    if (!handle_) throw std::runtime_error("libhdf5 refused: " + hdf5_reason());
  }
  operator hid_t() const { return handle_.id(); }
  void close() { handle_ = Hdf5Handle(); }

 private:
  Hdf5Handle handle_;
};

/// Lets libhdf5 write LZF while it lives, and not read it.
class LzfEncoder {
 public:
  LzfEncoder();
  ~LzfEncoder();
};

/// An HDF5 file that is made or changed, and then taken as bytes.
class ScratchFile {
 public:
  /// An empty file, in the newest formats or in those of HDF5 1.6, as h5py writes unless told otherwise.
  ScratchFile(const std::string& path, bool newest);
  ScratchFile(const std::string& path, const Bytes& bytes);

  hid_t id() const { return file_; }
  /// Closes and removes the file.
  Bytes finish();

 private:
  std::string path_;
  LzfEncoder encoder_;
  Id file_;
};

void write_file(const std::string& path, const Bytes& bytes);
Bytes read_file(const std::string& path);

/// How a dataset lies in a file.
struct Storage {
  H5D_layout_t layout = H5D_CONTIGUOUS;
  std::vector<hsize_t> chunk = {};         ///< of H5D_CHUNKED
  std::vector<H5Z_filter_t> filters = {};  ///< in the order in which they are applied
  bool growing = false;                    ///< rows have no upper limit
};

/// Creates a dataset and writes `values` of its own type to it.
void write_dataset(hid_t group, const char* name, hid_t type, const std::vector<hsize_t>& shape, const Storage& storage,
                   const void* values);

/// One chunk as the filter LZF stores it: runs of one byte as copies, the rest as they are.
Bytes encode_lzf(const std::uint8_t* bytes, std::size_t size);

}  // namespace contimg::fuzz
