#include "uvh5/hdf5_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>

#include "core/error.h"
#include "uvh5/filter_pipeline.h"
#include "uvh5/lzf_filter.h"
#include "uvh5/structure_check.h"
#include "uvh5/variable_texts.h"

namespace contimg {
namespace {

/// No header array of an interferometer comes near; a larger one is a damaged or hostile file.
constexpr hsize_t kMaxHeaderElements = 1u << 28;
constexpr std::size_t kMaxTextBytes = 64u << 20;

hsize_t count_of(const Hdf5Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), hsize_t{1}, std::multiplies<hsize_t>());
}

const char* kind_of(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return "integers";
    case H5T_FLOAT:
      return "floating-point numbers";
    case H5T_STRING:
      return "strings";
    case H5T_COMPOUND:
      return "compounds";
    case H5T_ENUM:
      return "enumerations";
    default:
      return "another type";
  }
}

/// The operating system's word on a file, before libhdf5 sees it.
FileStamp require_readable(const std::string& path) {
  struct stat status;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    throw Error(code::kFileAccess, "Expected a readable file at " + path + ": " + std::strerror(errno), path);
  const bool regular = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  const FileStamp stamp = regular ? FileStamp::of(descriptor, path) : FileStamp();
  ::close(descriptor);
  if (!regular) throw Error(code::kFileAccess, "Expected a regular file at " + path, path);
  if (status.st_size == 0)
    throw Error(code::kUvh5Format, "Expected a UVH5 file but " + path + " is empty. Copy it again", path);
  return stamp;
}

/// Opening a file for reading takes no lock: inputs may lie on a read-only or network disk.
Hdf5Handle open_for_reading(const std::string& path) {
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_file_locking(access.id(), false, true);
  H5Pset_fapl_sec2(access.id());  // the driver with a file descriptor, whatever the environment names
  return {H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose};
}

/// Bytes of all chunks that lie beside one another on the trailing axes: with fewer in the cache every row of a chunk
/// costs a system call of its own (80 times slower on real files).
std::size_t chunk_row_bytes(const Hdf5Shape& shape, const Hdf5Shape& chunk, std::size_t element_bytes) {
  double chunks = 1, bytes = static_cast<double>(element_bytes);
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    bytes *= static_cast<double>(chunk[axis]);
    if (axis > 0) chunks *= std::ceil(static_cast<double>(shape[axis]) / static_cast<double>(chunk[axis]));
  }
  constexpr double kFloor = 1 << 20, kCeiling = 256 << 20;
  return static_cast<std::size_t>(std::max(std::min(std::max(bytes * chunks, kFloor), kCeiling), bytes));
}

}  // namespace

std::string to_text(const Hdf5Shape& shape) {
  std::string text = "(";
  for (std::size_t axis = 0; axis < shape.size(); ++axis)
    text += (axis ? ", " : "") + std::to_string(shape[axis]) + (shape.size() == 1 ? "," : "");
  return text + ")";
}

Hdf5File::Hdf5File(const std::string& path) : path_(path) {
  const FileStamp before = require_readable(path);
  file_ = open_for_reading(path);
  if (!file_) refuse("Expected an HDF5 file (" + hdf5_reason() + "). It is damaged or incomplete: copy it again");
  void* descriptor = nullptr;
  if (H5Fget_vfd_handle(file_.id(), H5P_DEFAULT, &descriptor) < 0 || !descriptor)
    throw Error(code::kInternal, "libhdf5 does not tell its file descriptor", path);
  raw_ = RawFile(*static_cast<int*>(descriptor), path);
  if (raw_.stamp() != before) refuse_changed(path);
  read_creation_properties();
}

void Hdf5File::read_creation_properties() {
  const Hdf5Handle creation(H5Fget_create_plist(file_.id()), H5Pclose);
  hsize_t user_block = 0;
  std::size_t address_bytes = 0, size_bytes = 0;
  H5Pget_userblock(creation.id(), &user_block);
  H5Pget_sizes(creation.id(), &address_bytes, &size_bytes);
  if (address_bytes != 8 || size_bytes != 8)
    refuse("Expected an HDF5 file with addresses and sizes of 8 bytes. Rewrite it so");
  raw_.begin_at(user_block);
  H5Pget_istore_k(creation.id(), &ranks_.chunk);
  H5Pget_sym_k(creation.id(), &ranks_.group, &ranks_.symbol);
}

void Hdf5File::refuse(const std::string& message) const {
  throw Error(code::kUvh5Format, path_ + ": " + message, path_);
}

bool Hdf5File::has(const std::string& name) const {
  for (std::size_t begin = 0;;) {
    const std::size_t end = name.find('/', begin);
    if (!has_in_group(name.substr(0, begin > 0 ? begin - 1 : 0), name.substr(0, end))) return false;
    if (end == std::string::npos) return true;
    begin = end + 1;
  }
}

/// `group` is empty for the root.
bool Hdf5File::is_sound_group(const std::string& group) const {
  if (sound_groups_.count(group) > 0) return true;
  const Hdf5Handle id(H5Gopen2(file_.id(), group.empty() ? "/" : group.c_str(), H5P_DEFAULT), H5Gclose);
  if (!id) return false;
  require_sound_group(*this, id.id(), group);
  sound_groups_.insert(group);
  return true;
}

bool Hdf5File::has_in_group(const std::string& group, const std::string& name) const {
  if (!is_sound_group(group)) return false;
  if (H5Lexists(file_.id(), name.c_str(), H5P_DEFAULT) <= 0) return false;
  H5L_info_t link;
  if (H5Lget_info(file_.id(), name.c_str(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD)
    refuse("Expected " + name + " to lie in its group but it is a link to elsewhere");
  return true;
}

Hdf5Dataset Hdf5File::dataset(const std::string& name) const {
  if (!has(name)) refuse("Expected the dataset " + name + " but it is missing");
  Hdf5Dataset result;
  result.name = name;
  result.id = {H5Dopen2(file_.id(), name.c_str(), H5P_DEFAULT), H5Dclose};
  if (!result.id) refuse("Expected " + name + " to be a readable dataset (" + hdf5_reason() + ")");
  result.type = {H5Dget_type(result.id.id()), H5Tclose};
  result.space = {H5Dget_space(result.id.id()), H5Sclose};
  if (!result.type || !result.space) refuse("Expected " + name + " to have a type and a shape");
  if (!has_plain_numbers(result.type.id()))
    refuse("Expected " + name + " to hold IEEE floats of 4 or 8 bytes, or whole integers, but its type differs");
  if (H5Sget_simple_extent_type(result.space.id()) == H5S_NULL) refuse("Expected " + name + " to hold a value");
  result.shape.resize(static_cast<std::size_t>(std::max(0, H5Sget_simple_extent_ndims(result.space.id()))));
  H5Sget_simple_extent_dims(result.space.id(), result.shape.data(), nullptr);

  const Hdf5Handle creation(H5Dget_create_plist(result.id.id()), H5Pclose);
  const H5D_layout_t layout = H5Pget_layout(creation.id());
  if (layout == H5D_VIRTUAL || H5Pget_external_count(creation.id()) > 0)
    refuse("Expected " + name + " to lie in this file but its values lie in others");
  const std::size_t element_bytes = H5Tget_size(result.type.id());
  if (layout == H5D_CHUNKED) {
    result.chunk.resize(result.shape.size());
    H5Pget_chunk(creation.id(), static_cast<int>(result.chunk.size()), result.chunk.data());
    require_sane_chunk(result, static_cast<double>(element_bytes));
  }
  require_filled(result, static_cast<double>(element_bytes));
  // libhdf5 does not look whether values that stand in the object's header are all there.
  if (layout == H5D_COMPACT && H5Dget_storage_size(result.id.id()) != count_of(result.shape) * element_bytes)
    refuse("Expected " + name + " to hold " + to_text(result.shape) + " values but it has others. It is damaged");
  if (layout != H5D_CHUNKED) return result;

  for (int i = 0; i < H5Pget_nfilters(creation.id()); ++i) {
    unsigned flags, config, values[8] = {};
    std::size_t n_values = 8;
    const H5Z_filter_t filter = H5Pget_filter2(creation.id(), i, &flags, &n_values, values, 0, nullptr, &config);
    if (!FilterPipeline::knows(filter))
      refuse("Expected " + name + " to be compressed by gzip, LZF or bitshuffle but it uses filter " +
             std::to_string(filter) + ". Rewrite the file without it");
    // libhdf5 believes a filter's output to be a whole chunk.
    if (filter == kLzfFilterId && (n_values < 3 || values[2] != count_of(result.chunk) * element_bytes))
      refuse("Expected the LZF filter of " + name + " to state the size of a chunk");
  }
  const Hdf5Handle access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
  constexpr std::size_t kSlots = 12421;  // prime, many times the chunks in the cache
  H5Pset_chunk_cache(access.id(), kSlots, chunk_row_bytes(result.shape, result.chunk, element_bytes), 1.0);
  result.id = Hdf5Handle();  // the cache of the first opening would be kept
  result.id = {H5Dopen2(file_.id(), name.c_str(), access.id()), H5Dclose};
  if (!result.id) refuse("Expected " + name + " to be a readable dataset (" + hdf5_reason() + ")");
  return result;
}

void Hdf5File::require_filled(const Hdf5Dataset& dataset, double element_bytes) const {
  constexpr double kMaxExpansion = 1032, kAlwaysFine = 64 << 20;  // gzip cannot compress further
  double bytes = element_bytes;
  for (hsize_t extent : dataset.shape) bytes *= static_cast<double>(extent);
  const std::uint64_t claimed =
      dataset.chunk.empty() ? H5Dget_storage_size(dataset.id.id()) : require_sound_chunks(*this, dataset);
  const auto stored = static_cast<double>(std::min<std::uint64_t>(claimed, raw_.size()));
  if (bytes > kAlwaysFine + (dataset.chunk.empty() ? 1 : kMaxExpansion) * stored)
    refuse("Expected " + dataset.name + " of shape " + to_text(dataset.shape) +
           " to be filled but most of it was never written. The file is incomplete or damaged: copy it again");
}

void Hdf5File::require_sane_chunk(const Hdf5Dataset& dataset, double element_bytes) const {
  constexpr double kMaxChunkBytes = 1 << 30, kAlwaysFine = 16 << 20;  // the latter also where a dataset is small
  const auto bytes_of = [&](const Hdf5Shape& shape) {
    return std::accumulate(shape.begin(), shape.end(), element_bytes, std::multiplies<>());
  };
  const double bytes = bytes_of(dataset.chunk);
  if (!(bytes > 0 && bytes <= std::min(kMaxChunkBytes, std::max(kAlwaysFine, bytes_of(dataset.shape)))))
    refuse("Expected " + dataset.name + " to have chunks of up to 1 GB, and not larger than all of its values, but " +
           "they have the shape " + to_text(dataset.chunk));
}

Hdf5Dataset Hdf5File::of_shape(const std::string& name, const Hdf5Shape& shape) const {
  Hdf5Dataset result = dataset(name);
  const bool one = shape.empty() && count_of(result.shape) == 1;
  if (result.shape != shape && !one)
    refuse("Expected " + name + " to have the shape " + to_text(shape) + " but it has " + to_text(result.shape));
  if (count_of(result.shape) > kMaxHeaderElements)
    refuse("Expected " + name + " to be a header array but it has the shape " + to_text(result.shape));
  if (!result.chunk.empty()) require_decodable_chunks(*this, result);
  return result;
}

std::vector<double> Hdf5File::read_numbers(const Hdf5Dataset& dataset) const {
  const H5T_class_t kind = H5Tget_class(dataset.type.id());
  if (kind != H5T_FLOAT && kind != H5T_INTEGER)
    refuse("Expected " + dataset.name + " to hold numbers but it holds " + kind_of(dataset.type.id()));
  std::vector<double> values(count_of(dataset.shape));
  if (H5Dread(dataset.id.id(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    refuse("Could not read " + dataset.name + " (" + hdf5_reason() + ")");
  return values;
}

std::vector<std::int64_t> Hdf5File::read_integers(const Hdf5Dataset& dataset) const {
  if (H5Tget_class(dataset.type.id()) != H5T_INTEGER)
    refuse("Expected " + dataset.name + " to hold integers but it holds " + kind_of(dataset.type.id()));
  std::vector<std::int64_t> values(count_of(dataset.shape));
  if (H5Dread(dataset.id.id(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    refuse("Could not read " + dataset.name + " (" + hdf5_reason() + ")");
  return values;
}

std::vector<std::string> Hdf5File::read_texts(const Hdf5Dataset& dataset) const {
  const hid_t type = dataset.type.id();
  if (H5Tget_class(type) != H5T_STRING)
    refuse("Expected " + dataset.name + " to hold strings but it holds " + kind_of(type));
  const std::size_t count = count_of(dataset.shape);
  if (H5Tis_variable_str(type) > 0) return read_variable_texts(*this, dataset, count);
  std::vector<std::string> texts(count);
  const std::size_t length = H5Tget_size(type);
  if (length > kMaxTextBytes / std::max<std::size_t>(count, 1))
    refuse("Expected " + dataset.name + " to be a header text but it is " + std::to_string(length) + " bytes long");
  std::vector<char> bytes(length * count);
  if (H5Dread(dataset.id.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) < 0)
    refuse("Could not read " + dataset.name + " (" + hdf5_reason() + ")");
  for (std::size_t i = 0; i < count; ++i) {
    const char* begin = bytes.data() + i * length;
    texts[i].assign(begin, strnlen(begin, length));
    if (H5Tget_strpad(type) == H5T_STR_SPACEPAD) texts[i].erase(texts[i].find_last_not_of(' ') + 1);
  }
  return texts;
}

std::int64_t Hdf5File::integer(const std::string& name) const { return read_integers(of_shape(name, {}))[0]; }
double Hdf5File::number(const std::string& name) const { return finite_numbers(name, {})[0]; }
std::string Hdf5File::text(const std::string& name) const { return read_texts(of_shape(name, {}))[0]; }

std::vector<std::string> Hdf5File::names_in(const std::string& group) const {
  std::vector<std::string> names;
  if (!has(group) || !is_sound_group(group)) return names;
  const Hdf5Handle id(H5Gopen2(file_.id(), group.c_str(), H5P_DEFAULT), H5Gclose);
  if (!id) return names;
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* list) -> herr_t {
    static_cast<std::vector<std::string>*>(list)->push_back(name);
    return 0;
  };
  if (H5Literate(id.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names) < 0)
    refuse("Could not list " + group + " (" + hdf5_reason() + ")");
  return names;
}

std::optional<Hdf5Scalar> Hdf5File::scalar(const std::string& name) const {
  if (!has(name)) return std::nullopt;
  const Hdf5Handle object(H5Oopen(file_.id(), name.c_str(), H5P_DEFAULT), H5Oclose);
  if (!object || H5Iget_type(object.id()) != H5I_DATASET) return std::nullopt;
  const Hdf5Handle space(H5Dget_space(object.id()), H5Sclose);
  if (!space || H5Sget_simple_extent_npoints(space.id()) != 1) return std::nullopt;
  const Hdf5Dataset found = of_shape(name, {});
  switch (H5Tget_class(found.type.id())) {
    case H5T_STRING:
      return read_texts(found)[0];
    case H5T_INTEGER:
    case H5T_FLOAT:
      return read_numbers(found)[0];
    case H5T_ENUM: {
      std::int64_t value = 0;
      const Hdf5Handle native(H5Tget_native_type(found.type.id(), H5T_DIR_DEFAULT), H5Tclose);
      if (!native || H5Tget_size(native.id()) > sizeof(value) ||
          H5Dread(found.id.id(), native.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &value) < 0)
        refuse("Could not read " + name + " (" + hdf5_reason() + ")");
      return value != 0;
    }
    default:
      return std::nullopt;
  }
}

std::vector<std::int64_t> Hdf5File::integers(const std::string& name, const Hdf5Shape& shape) const {
  return read_integers(of_shape(name, shape));
}
std::vector<double> Hdf5File::finite_numbers(const std::string& name, const Hdf5Shape& shape) const {
  std::vector<double> values = read_numbers(of_shape(name, shape));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      refuse("Expected " + name + " to hold finite numbers but element " + std::to_string(i) + " is " +
             std::to_string(values[i]));
  return values;
}
std::vector<std::string> Hdf5File::texts(const std::string& name, const Hdf5Shape& shape) const {
  return read_texts(of_shape(name, shape));
}
Hdf5Shape Hdf5File::shape(const std::string& name) const { return dataset(name).shape; }

}  // namespace contimg
