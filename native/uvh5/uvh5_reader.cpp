#include "uvh5/uvh5_reader.h"

#include <algorithm>
#include <numeric>
#include <type_traits>

#include "core/error.h"

namespace contimg {
namespace {

/// Opening must not outrun the lock, also in a constructor's initializer.
Hdf5File open_locked(const std::string& path) {
  const auto lock = hdf5_lock();
  return Hdf5File(path);
}

/// {r, i} with both of one kind and size, as h5py writes complex numbers and correlators write integers.
VisibilityType visibility_type_of(const Hdf5File& file, const Hdf5Dataset& dataset) {
  const hid_t type = dataset.type.id();
  if (H5Tget_class(type) == H5T_COMPOUND && H5Tget_nmembers(type) == 2) {
    const int r = H5Tget_member_index(type, "r"), i = H5Tget_member_index(type, "i");
    if (r >= 0 && i >= 0) {
      const Hdf5Handle real(H5Tget_member_type(type, static_cast<unsigned>(r)), H5Tclose);
      const Hdf5Handle imaginary(H5Tget_member_type(type, static_cast<unsigned>(i)), H5Tclose);
      const H5T_class_t kind = H5Tget_class(real.id());
      const std::size_t size = H5Tget_size(real.id());
      if (H5Tget_class(imaginary.id()) == kind && H5Tget_size(imaginary.id()) == size) {
        if (kind == H5T_FLOAT && size == 4) return VisibilityType::kComplex64;
        if (kind == H5T_FLOAT && size == 8) return VisibilityType::kComplex128;
        if (kind == H5T_INTEGER && size <= 4) return VisibilityType::kInt32;
      }
    }
  }
  file.refuse("Expected " + dataset.name +
              " to hold compounds {r, i} of float32, float64 or int32 but its type differs");
}

template <typename T>
hid_t native_type() {
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
  if constexpr (std::is_same_v<T, std::int32_t>) return H5T_NATIVE_INT32;
}

template <typename T>
Hdf5Handle complex_type() {
  Hdf5Handle type(H5Tcreate(H5T_COMPOUND, 2 * sizeof(T)), H5Tclose);
  H5Tinsert(type.id(), "r", 0, native_type<T>());
  H5Tinsert(type.id(), "i", sizeof(T), native_type<T>());
  return type;
}

void require_type(const Hdf5File& file, const Hdf5Dataset& dataset, bool accepted, const char* expected) {
  if (!accepted) file.refuse("Expected " + dataset.name + " to hold " + expected + " but its type differs");
}

std::size_t positive_count(const Hdf5File& file, const char* name, std::int64_t limit) {
  const std::int64_t value = file.integer(name);
  if (value < 1 || value > limit)
    file.refuse("Expected " + std::string(name) + " to be from 1 to " + std::to_string(limit) + " but it is " +
                std::to_string(value));
  return static_cast<std::size_t>(value);
}

}  // namespace

Uvh5Reader::Uvh5Reader(const std::string& path) : file_(open_locked(path)) {
  const auto lock = hdf5_lock();
  open();
}

void Uvh5Reader::open() {
  n_rows_ = positive_count(file_, "Header/Nblts", 1 << 28);
  n_channels_ = positive_count(file_, "Header/Nfreqs", 1 << 20);
  n_pols_ = positive_count(file_, "Header/Npols", 4);
  visibilities_ = open_array("Data/visdata");
  flags_ = open_array("Data/flags");
  nsamples_ = open_array("Data/nsamples");
  visibility_type_ = visibility_type_of(file_, visibilities_);

  const H5T_class_t flag_kind = H5Tget_class(flags_.type.id());
  require_type(file_, flags_, H5Tget_size(flags_.type.id()) == 1 && (flag_kind == H5T_ENUM || flag_kind == H5T_INTEGER),
               "booleans (an enumeration or integer of one byte)");
  require_type(file_, nsamples_, H5Tget_class(nsamples_.type.id()) == H5T_FLOAT, "floating-point numbers");
}

Hdf5Dataset Uvh5Reader::open_array(const char* name) const {
  Hdf5Dataset result = file_.dataset(name);
  const Hdf5Shape flat{n_rows_, n_channels_, n_pols_}, with_spw{n_rows_, 1, n_channels_, n_pols_};
  const bool first = !visibilities_.id;
  const bool fits = first ? result.shape == flat || result.shape == with_spw : result.shape == visibilities_.shape;
  if (!fits)
    file_.refuse("Expected " + result.name + " to have the shape " +
                 (first ? to_text(flat) + " or " + to_text(with_spw) : to_text(visibilities_.shape)) + " but it has " +
                 to_text(result.shape));
  return result;
}

Uvh5Selection Uvh5Reader::everything() const {
  Uvh5Selection all{0, n_rows_, 0, n_channels_, std::vector<std::size_t>(n_pols_)};
  std::iota(all.polarizations.begin(), all.polarizations.end(), std::size_t{0});
  return all;
}

std::size_t Uvh5Reader::rows_per_block(std::size_t bytes) const {
  const std::size_t wanted = std::max<std::size_t>(1, bytes / (n_channels_ * n_pols_ * sizeof(std::complex<float>)));
  const std::size_t chunk = visibilities_.chunk.empty() ? 1 : static_cast<std::size_t>(visibilities_.chunk[0]);
  return std::min(n_rows_, chunk < wanted ? wanted / chunk * chunk : wanted);
}

void Uvh5Reader::read(const Hdf5Dataset& dataset, hid_t memory_type, const Uvh5Selection& selection, void* out) const {
  if (selection.first_row + selection.n_rows > n_rows_ || selection.first_channel + selection.n_channels > n_channels_)
    throw Error(code::kInvalidArgument, "Expected a selection within the file's rows and channels", file_.path());
  const std::vector<std::size_t>& pols = selection.polarizations;
  bool in_order = !pols.empty();
  for (std::size_t k = 0; k < pols.size(); ++k) {
    if (pols[k] >= n_pols_)
      throw Error(code::kInvalidArgument, "Expected polarization indices of the file", file_.path());
    in_order = in_order && pols[k] == pols[0] + k;
  }
  // Polarizations that stand together in the file are read at once, others one by one into their places. Memory has the
  // rank of the file, spw axis included: between different ranks libhdf5 maps element by element, 100 times slower.
  const std::size_t step = in_order ? pols.size() : 1;
  const auto with_rank_of_file = [&](Hdf5Shape shape, hsize_t spw) {
    if (has_spw_axis()) shape.insert(shape.begin() + 1, spw);
    return shape;
  };
  const Hdf5Shape memory_shape = with_rank_of_file({selection.n_rows, selection.n_channels, pols.size()}, 1);
  const Hdf5Shape count = with_rank_of_file({selection.n_rows, selection.n_channels, step}, 1);
  const Hdf5Handle memory(H5Screate_simple(static_cast<int>(memory_shape.size()), memory_shape.data(), nullptr),
                          H5Sclose);
  for (std::size_t k = 0; k < pols.size(); k += step) {
    const Hdf5Shape from = with_rank_of_file({selection.first_row, selection.first_channel, pols[k]}, 0);
    const Hdf5Shape to = with_rank_of_file({0, 0, k}, 0);
    H5Sselect_hyperslab(memory.id(), H5S_SELECT_SET, to.data(), nullptr, count.data(), nullptr);
    H5Sselect_hyperslab(dataset.space.id(), H5S_SELECT_SET, from.data(), nullptr, count.data(), nullptr);
    if (H5Dread(dataset.id.id(), memory_type, memory.id(), dataset.space.id(), H5P_DEFAULT, out) < 0)
      file_.refuse("Could not read " + dataset.name + " (" + hdf5_reason() + "). The file is damaged: copy it again");
  }
}

template <typename T>
void Uvh5Reader::read_visibilities(const Uvh5Selection& selection, NdView<std::complex<T>, 3> out) const {
  const auto lock = hdf5_lock();
  const Hdf5Handle type = complex_type<T>();
  read(visibilities_, type.id(), selection, out.data());
}
template void Uvh5Reader::read_visibilities(const Uvh5Selection&, NdView<std::complex<float>, 3>) const;
template void Uvh5Reader::read_visibilities(const Uvh5Selection&, NdView<std::complex<double>, 3>) const;
template void Uvh5Reader::read_visibilities(const Uvh5Selection&, NdView<std::complex<std::int32_t>, 3>) const;

void Uvh5Reader::read_flags(const Uvh5Selection& selection, NdView<std::uint8_t, 3> out) const {
  const auto lock = hdf5_lock();
  read(flags_, flags_.type.id(), selection, out.data());  // the file's own type of one byte: nothing is converted
}

void Uvh5Reader::read_nsamples(const Uvh5Selection& selection, NdView<float, 3> out) const {
  const auto lock = hdf5_lock();
  read(nsamples_, H5T_NATIVE_FLOAT, selection, out.data());
}

}  // namespace contimg
