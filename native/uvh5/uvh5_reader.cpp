#include "uvh5/uvh5_reader.h"

#include <algorithm>
#include <numeric>
#include <type_traits>

#include "core/error.h"
#include "uvh5/stored_array.h"
#include "uvh5/structure_check.h"

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
  Uvh5Selection all{{{0, n_rows_}}, 0, n_channels_, false, std::vector<std::size_t>(n_pols_)};
  std::iota(all.polarizations.begin(), all.polarizations.end(), std::size_t{0});
  return all;
}

std::size_t Uvh5Reader::rows_per_block(std::size_t bytes) const {
  const std::size_t wanted = std::max<std::size_t>(1, bytes / (n_channels_ * n_pols_ * sizeof(std::complex<float>)));
  std::size_t chunk = 1;
  for (const Hdf5Dataset* dataset : {&visibilities_, &flags_, &nsamples_})
    if (!dataset->chunk.empty()) chunk = std::max<std::size_t>(chunk, dataset->chunk[0]);
  return std::min(n_rows_, chunk < wanted ? wanted / chunk * chunk : wanted);
}

template <typename T>
void Uvh5Reader::read(const Uvh5Selection& selection, const Uvh5Arrays<T>& out, unsigned threads,
                      const JobContext& context) const {
  require_within(selection);
  std::vector<StoredArray> arrays;
  std::vector<ReadTask> tasks;
  {
    const auto lock = hdf5_lock();
    arrays.reserve(3);  // tasks point to them
    const auto plan = [&](const Hdf5Dataset& dataset, hid_t memory_type, void* to) {
      auto* bytes = static_cast<std::uint8_t*>(to);
      if (auto array = StoredArray::of(file_, dataset, memory_type)) {
        arrays.push_back(std::move(*array));
        if (arrays.back().plan(selection, bytes, tasks)) return;
      }
      if (!dataset.chunk.empty()) require_decodable_chunks(file_, dataset);
      read_with_libhdf5(dataset, memory_type, selection, bytes, context);
    };
    const Hdf5Handle complex = complex_type<T>();
    plan(visibilities_, complex.id(), out.visibilities.data());
    plan(flags_, flags_.type.id(), out.flags.data());
    plan(nsamples_, H5T_NATIVE_FLOAT, out.nsamples.data());
  }
  run_tasks(tasks, threads, context);
  file_.raw().require_unchanged();
}
template void Uvh5Reader::read(const Uvh5Selection&, const Uvh5Arrays<float>&, unsigned, const JobContext&) const;
template void Uvh5Reader::read(const Uvh5Selection&, const Uvh5Arrays<double>&, unsigned, const JobContext&) const;
template void Uvh5Reader::read(const Uvh5Selection&, const Uvh5Arrays<std::int32_t>&, unsigned,
                               const JobContext&) const;

void Uvh5Reader::require_within(const Uvh5Selection& selection) const {
  std::size_t next = 0;
  bool fits = !selection.rows.empty() && !selection.polarizations.empty() && selection.n_channels > 0 &&
              selection.first_channel < n_channels_ && selection.n_channels <= n_channels_ - selection.first_channel;
  for (const RowRange& range : selection.rows) {
    fits =
        fits && range.first >= next && range.first < n_rows_ && range.count > 0 && range.count <= n_rows_ - range.first;
    next = range.first + range.count;
  }
  for (std::size_t pol : selection.polarizations) fits = fits && pol < n_pols_;
  if (!fits)
    throw Error(code::kInvalidArgument, "Expected a selection within the file's rows, channels and polarizations",
                file_.path());
}

void Uvh5Reader::read_with_libhdf5(const Hdf5Dataset& dataset, hid_t memory_type, const Uvh5Selection& selection,
                                   std::uint8_t* out, const JobContext& context) const {
  constexpr std::size_t kBytesAtOnce = 1 << 20;  // libhdf5 needs up to 100 times as much where chunks are small
  const std::size_t unit = selection.polarizations.size() * H5Tget_size(memory_type);
  const std::size_t row_bytes = selection.n_channels * unit, most = std::max<std::size_t>(1, kBytesAtOnce / row_bytes);
  for (RowRange range : selection.rows) {
    while (range.count > 0) {
      context.checkpoint();
      const std::size_t count = std::min(range.count, most);
      read_rows(dataset, memory_type, selection, {range.first, count}, out);
      for (std::size_t row = 0; row < count; ++row, out += row_bytes)
        for (std::size_t c = 0; selection.channels_reversed && c < selection.n_channels / 2; ++c)
          std::swap_ranges(out + c * unit, out + (c + 1) * unit, out + (selection.n_channels - 1 - c) * unit);
      range.first += count;
      range.count -= count;
    }
  }
}

void Uvh5Reader::read_rows(const Hdf5Dataset& dataset, hid_t memory_type, const Uvh5Selection& selection,
                           const RowRange& rows, void* out) const {
  const std::vector<std::size_t>& pols = selection.polarizations;
  bool in_order = true;
  for (std::size_t k = 0; k < pols.size(); ++k) in_order = in_order && pols[k] == pols[0] + k;
  // Polarizations that stand together in the file are read at once, others one by one into their places. Memory has the
  // rank of the file, spw axis included: between different ranks libhdf5 maps element by element, 100 times slower.
  const std::size_t step = in_order ? pols.size() : 1;
  const auto with_rank_of_file = [&](Hdf5Shape shape, hsize_t spw) {
    if (has_spw_axis()) shape.insert(shape.begin() + 1, spw);
    return shape;
  };
  const Hdf5Shape memory_shape = with_rank_of_file({rows.count, selection.n_channels, pols.size()}, 1);
  const Hdf5Shape count = with_rank_of_file({rows.count, selection.n_channels, step}, 1);
  const Hdf5Handle memory(H5Screate_simple(static_cast<int>(memory_shape.size()), memory_shape.data(), nullptr),
                          H5Sclose);
  for (std::size_t k = 0; k < pols.size(); k += step) {
    const Hdf5Shape from = with_rank_of_file({rows.first, selection.first_channel, pols[k]}, 0);
    const Hdf5Shape to = with_rank_of_file({0, 0, k}, 0);
    H5Sselect_hyperslab(memory.id(), H5S_SELECT_SET, to.data(), nullptr, count.data(), nullptr);
    H5Sselect_hyperslab(dataset.space.id(), H5S_SELECT_SET, from.data(), nullptr, count.data(), nullptr);
    const herr_t result = H5Dread(dataset.id.id(), memory_type, memory.id(), dataset.space.id(), H5P_DEFAULT, out);
    H5Sselect_all(dataset.space.id());
    if (result < 0)
      file_.refuse("Could not read " + dataset.name + " (" + hdf5_reason() + "). The file is damaged: copy it again");
  }
}

}  // namespace contimg
