#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/nd_view.h"
#include "uvh5/hdf5_file.h"

namespace contimg {

/// Element type of a file's visibilities.
enum class VisibilityType { kComplex64, kComplex128, kInt32 };

/// Rows, channels and polarizations of a file, in the order of the file.
struct Uvh5Selection {
  std::size_t first_row = 0, n_rows = 0;
  std::size_t first_channel = 0, n_channels = 0;
  std::vector<std::size_t> polarizations;  ///< indices, in the order wanted
};

/// The data arrays of one UVH5 file, as they are: no conjugation, no order changed. The spectral-window axis of older
/// files is kept out of the shape. Locks libhdf5 during each call.
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

  /// Rows that fill about `bytes` of visibilities, whole chunks where that is possible, at least one.
  std::size_t rows_per_block(std::size_t bytes) const;

  /// (n_rows, n_channels, polarizations.size()). T: float, double or std::int32_t; values are converted to it.
  template <typename T>
  void read_visibilities(const Uvh5Selection& selection, NdView<std::complex<T>, 3> out) const;
  /// The bytes of the file: 0 or 1, 1 = flagged.
  void read_flags(const Uvh5Selection& selection, NdView<std::uint8_t, 3> out) const;
  void read_nsamples(const Uvh5Selection& selection, NdView<float, 3> out) const;

 private:
  void open();
  Hdf5Dataset open_array(const char* name) const;
  void read(const Hdf5Dataset& dataset, hid_t memory_type, const Uvh5Selection& selection, void* out) const;

  Hdf5File file_;
  std::size_t n_rows_ = 0, n_channels_ = 0, n_pols_ = 0;
  VisibilityType visibility_type_ = VisibilityType::kComplex64;
  Hdf5Dataset visibilities_, flags_, nsamples_;
};

}  // namespace contimg
