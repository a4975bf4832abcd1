#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/job_context.h"
#include "core/nd_view.h"
#include "uvh5/hdf5_file.h"
#include "uvh5/uvh5_selection.h"

namespace contimg {

/// Element type of a file's visibilities.
enum class VisibilityType { kComplex64, kComplex128, kInt32 };

/// Where a selection of a file's arrays goes: (rows, channels, polarizations) of the selection.
/// T: float, double or std::int32_t; visibilities are converted to it. Flags are the bytes of the file.
template <typename T>
struct Uvh5Arrays {
  NdView<std::complex<T>, 3> visibilities;
  NdView<std::uint8_t, 3> flags;
  NdView<float, 3> nsamples;
};

/// The data arrays of one UVH5 file, value for value as they are. The spectral-window axis of older files is kept out
/// of the shape. Arrays that lie in the file as in memory, compressed or not, are read past libhdf5 by several threads;
/// the others by libhdf5, which is locked meanwhile.
class Uvh5Reader {
 public:
  /// @throws Error{FILE_ACCESS, UVH5_FORMAT} unless visdata, flags and nsamples are there, of one shape that agrees
  ///         with the header, and of types that are understood
  explicit Uvh5Reader(const std::string& path);
  Uvh5Reader(Uvh5Reader&&) = default;

  std::size_t n_rows() const { return n_rows_; }
  std::size_t n_channels() const { return n_channels_; }
  std::size_t n_pols() const { return n_pols_; }
  bool has_spw_axis() const { return visibilities_.shape.size() == 4; }
  VisibilityType visibility_type() const { return visibility_type_; }
  const Hdf5File& file() const { return file_; }
  Uvh5Selection everything() const;

  /// Rows that fill about `bytes` of visibilities, whole chunks of all arrays where that is possible, at least one.
  std::size_t rows_per_block(std::size_t bytes) const;

  /// @param threads  0: all; progress is reported on the calling thread
  /// @throws Error{INVALID_ARGUMENT} the selection is not of this file; Error{UVH5_FORMAT} damaged, or changed since it
  ///         was opened; Error{FILE_ACCESS}; Cancelled
  template <typename T>
  void read(const Uvh5Selection& selection, const Uvh5Arrays<T>& out, unsigned threads,
            const JobContext& context) const;

 private:
  void open();
  Hdf5Dataset open_array(const char* name) const;
  void require_within(const Uvh5Selection& selection) const;
  void read_with_libhdf5(const Hdf5Dataset& dataset, hid_t memory_type, const Uvh5Selection& selection,
                         std::uint8_t* out, const JobContext& context) const;
  void read_rows(const Hdf5Dataset& dataset, hid_t memory_type, const Uvh5Selection& selection, const RowRange& rows,
                 void* out) const;

  Hdf5File file_;
  std::size_t n_rows_ = 0, n_channels_ = 0, n_pols_ = 0;
  VisibilityType visibility_type_ = VisibilityType::kComplex64;
  Hdf5Dataset visibilities_, flags_, nsamples_;
};

}  // namespace contimg
