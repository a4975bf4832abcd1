#include "uvh5/hdf5_builder.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <numeric>

#include "core/error.h"

namespace contimg {
namespace {

[[noreturn]] void fail() { throw Error(code::kInternal, "Cannot build an HDF5 file in memory: " + hdf5_reason()); }

void require(herr_t status) {
  if (status < 0) fail();
}

Hdf5Handle checked(hid_t id, Hdf5Handle::Close close) {
  Hdf5Handle handle(id, close);
  if (!handle) fail();
  return handle;
}

Hdf5Handle dataspace(const Hdf5Extents& shape, const hsize_t* max_shape = nullptr) {
  if (shape.empty()) return checked(H5Screate(H5S_SCALAR), H5Sclose);
  return checked(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), max_shape), H5Sclose);
}

Hdf5Handle dataset_properties() {
  Hdf5Handle properties = checked(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  require(H5Pset_obj_track_times(properties.id(), false));
  return properties;
}

Hdf5Handle create(hid_t group, const char* name, hid_t type, hid_t space, hid_t properties) {
  return checked(H5Dcreate2(group, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
}

Hdf5Handle fixed_text(std::size_t length) {
  const auto lock = hdf5_lock();
  Hdf5Handle type = checked(H5Tcopy(H5T_C_S1), H5Tclose);
  require(H5Tset_size(type.id(), std::max<std::size_t>(length, 1)));
  require(H5Tset_strpad(type.id(), H5T_STR_NULLPAD));
  return type;
}

/// The memory of the core driver is the image's: HDF5 asks for it, and on closing leaves it.
H5FD_file_image_callbacks_t image_callbacks(Hdf5Builder::Image* image) {
  H5FD_file_image_callbacks_t callbacks{};
  callbacks.image_malloc = [](std::size_t size, H5FD_file_image_op_t, void*) { return std::malloc(size); };
  callbacks.image_memcpy = [](void* to, const void* from, std::size_t size, H5FD_file_image_op_t, void*) {
    return std::memcpy(to, from, size);
  };
  callbacks.image_realloc = [](void*, std::size_t size, H5FD_file_image_op_t, void* image_pointer) -> void* {
    auto& bytes = static_cast<Hdf5Builder::Image*>(image_pointer)->bytes;
    void* grown = std::realloc(bytes.get(), size);
    if (!grown) return nullptr;
    bytes.release();
    bytes.reset(static_cast<unsigned char*>(grown));
    return grown;
  };
  callbacks.image_free = [](void*, H5FD_file_image_op_t, void*) -> herr_t { return 0; };
  callbacks.udata_copy = [](void* image_pointer) { return image_pointer; };
  callbacks.udata_free = [](void*) -> herr_t { return 0; };
  callbacks.udata = image;
  return callbacks;
}

}  // namespace

Hdf5GroupBuilder Hdf5GroupBuilder::group(const std::string& name) const {
  const auto lock = hdf5_lock();
  return Hdf5GroupBuilder(
      checked(H5Gcreate2(group_.id(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose));
}

void Hdf5GroupBuilder::array(const char* name, hid_t type, const Hdf5Extents& shape, const void* values) const {
  const auto lock = hdf5_lock();
  const Hdf5Handle space = dataspace(shape), properties = dataset_properties();
  const Hdf5Handle dataset = create(group_.id(), name, type, space.id(), properties.id());
  require(H5Dwrite(dataset.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values));
}

void Hdf5GroupBuilder::number(const char* name, double value) const { array(name, H5T_IEEE_F64LE, {}, &value); }
void Hdf5GroupBuilder::integer(const char* name, std::int64_t value) const { array(name, H5T_STD_I64LE, {}, &value); }

void Hdf5GroupBuilder::numbers(const char* name, const std::vector<double>& values) const {
  array(name, H5T_IEEE_F64LE, {values.size()}, values.data());
}

void Hdf5GroupBuilder::integers(const char* name, const std::vector<std::int64_t>& values) const {
  array(name, H5T_STD_I64LE, {values.size()}, values.data());
}

void Hdf5GroupBuilder::bytes(const char* name, const std::string& text) const {
  array(name, fixed_text(text.size()).id(), {}, text.c_str());
}

void Hdf5GroupBuilder::bytes(const char* name, const std::vector<std::string>& texts, std::size_t length) const {
  std::string padded;
  for (std::string text : texts) {
    text.resize(length, '\0');
    padded += text;
  }
  array(name, fixed_text(length).id(), {texts.size()}, padded.data());
}

void Hdf5GroupBuilder::text(const char* name, const char* text) const {
  const auto lock = hdf5_lock();
  const Hdf5Handle type = checked(H5Tcopy(H5T_C_S1), H5Tclose);
  require(H5Tset_size(type.id(), H5T_VARIABLE));
  require(H5Tset_cset(type.id(), H5T_CSET_UTF8));
  array(name, type.id(), {}, &text);
}

void Hdf5GroupBuilder::nothing(const char* name) const {
  const auto lock = hdf5_lock();
  const Hdf5Handle space = checked(H5Screate(H5S_NULL), H5Sclose), properties = dataset_properties();
  create(group_.id(), name, H5T_IEEE_F32LE, space.id(), properties.id());
}

void Hdf5GroupBuilder::rows(const char* name, hid_t type, const Hdf5Extents& shape, const Hdf5Storage& storage,
                            const std::function<const void*(std::size_t, std::size_t)>& rows,
                            const JobContext& context) const {
  auto lock = hdf5_lock();
  Hdf5Extents max_shape = shape;
  if (storage.grows) max_shape[0] = H5S_UNLIMITED;
  const Hdf5Handle space = dataspace(shape, max_shape.data()), properties = dataset_properties();
  if (!storage.chunk.empty()) {
    require(H5Pset_chunk(properties.id(), static_cast<int>(storage.chunk.size()), storage.chunk.data()));
    require(H5Pset_fill_time(properties.id(), H5D_FILL_TIME_ALLOC));
  }
  if (storage.is_compressed) {
    constexpr unsigned kLevel = 4;  // h5py's default
    require(H5Pset_shuffle(properties.id()));
    require(H5Pset_deflate(properties.id(), kLevel));
  }
  const Hdf5Handle dataset = create(group_.id(), name, type, space.id(), properties.id());

  // Whole chunks at a time, of about 16 MiB.
  const std::size_t row_bytes =
      std::accumulate(shape.begin() + 1, shape.end(), H5Tget_size(type), std::multiplies<std::size_t>());
  const std::size_t unit = storage.chunk.empty() ? 1 : storage.chunk[0];
  const std::size_t step = unit * std::max<std::size_t>(1, (std::size_t{16} << 20) / (unit * row_bytes));
  Hdf5Extents start(shape.size(), 0), count = shape;
  for (std::size_t first = 0; first < shape[0]; first += step) {
    lock.unlock();  // others may read while the next rows are prepared
    context.checkpoint(static_cast<double>(first) / static_cast<double>(shape[0]));
    start[0] = first;
    count[0] = std::min<hsize_t>(step, shape[0] - first);
    const void* values = rows(first, count[0]);
    lock.lock();
    const Hdf5Handle part = dataspace(count);
    require(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr));
    require(H5Dwrite(dataset.id(), type, part.id(), space.id(), H5P_DEFAULT, values));
  }
}

Hdf5Builder::Hdf5Builder() : image_(std::make_unique<Image>()) {
  constexpr std::size_t kIncrement = std::size_t{16} << 20;
  const auto lock = hdf5_lock();
  const Hdf5Handle access = checked(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5FD_file_image_callbacks_t callbacks = image_callbacks(image_.get());
  require(H5Pset_fapl_core(access.id(), kIncrement, false));
  require(H5Pset_file_image_callbacks(access.id(), &callbacks));
  file_ = checked(H5Fcreate("uvh5-in-memory", H5F_ACC_TRUNC, H5P_DEFAULT, access.id()), H5Fclose);
}

Hdf5GroupBuilder Hdf5Builder::root() const {
  const auto lock = hdf5_lock();
  return Hdf5GroupBuilder(checked(H5Gopen2(file_.id(), "/", H5P_DEFAULT), H5Gclose));
}

void Hdf5Builder::finish() {
  const auto lock = hdf5_lock();
  require(H5Fflush(file_.id(), H5F_SCOPE_GLOBAL));
  const ssize_t size = H5Fget_file_image(file_.id(), nullptr, 0);
  if (size < 0) fail();
  size_ = static_cast<std::size_t>(size);
  file_ = Hdf5Handle();
}

Hdf5Handle hdf5_complex64() {
  const auto lock = hdf5_lock();
  Hdf5Handle type = checked(H5Tcreate(H5T_COMPOUND, 2 * sizeof(float)), H5Tclose);
  require(H5Tinsert(type.id(), "r", 0, H5T_IEEE_F32LE));
  require(H5Tinsert(type.id(), "i", sizeof(float), H5T_IEEE_F32LE));
  return type;
}

Hdf5Handle hdf5_boolean() {
  const auto lock = hdf5_lock();
  Hdf5Handle type = checked(H5Tenum_create(H5T_STD_I8LE), H5Tclose);
  const std::int8_t no = 0, yes = 1;
  require(H5Tenum_insert(type.id(), "FALSE", &no));
  require(H5Tenum_insert(type.id(), "TRUE", &yes));
  return type;
}

Hdf5Extents h5py_chunk_shape(const Hdf5Extents& shape, std::size_t element_bytes) {
  constexpr double kBase = 16 * 1024, kLeast = 8 * 1024, kMost = 1024 * 1024;  // bytes
  std::vector<double> chunk(shape.begin(), shape.end());
  const auto bytes = [&] {
    return std::accumulate(chunk.begin(), chunk.end(), static_cast<double>(element_bytes), std::multiplies<>());
  };
  const double target = std::clamp(kBase * std::pow(2.0, std::log10(bytes() / (1024.0 * 1024.0))), kLeast, kMost);
  // Halve one axis after the other until a chunk is about as large as wanted.
  for (std::size_t axis = 0;; axis = (axis + 1) % chunk.size()) {
    const double now = bytes();
    if ((now < target || std::abs(now - target) / target < 0.5) && now < kMost) break;
    if (now <= static_cast<double>(element_bytes)) break;
    chunk[axis] = std::ceil(chunk[axis] / 2);
  }
  return {chunk.begin(), chunk.end()};
}

}  // namespace contimg
