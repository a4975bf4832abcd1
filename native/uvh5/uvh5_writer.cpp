/// The file is built in memory (HDF5's core driver) and then written by plain system calls: a full disk is an errno in
/// our hands, and HDF5 never holds a dirty file that it cannot flush.
#include "uvh5/uvh5_writer.h"

#include <hdf5.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "core/atomic_file.h"
#include "core/constants.h"
#include "core/error.h"
#include "core/nd_array.h"
#include "uvh5/hdf5_handle.h"

namespace contimg {
namespace {

using Shape = std::vector<hsize_t>;

[[noreturn]] void fail() { throw Error(code::kInternal, "Cannot build a UVH5 file in memory: " + hdf5_reason()); }

void require(herr_t status) {
  if (status < 0) fail();
}

/// An HDF5 identifier that is there.
class Id {
 public:
  Id(hid_t id, Hdf5Handle::Close close) : handle_(id, close) {
    if (!handle_) fail();
  }
  operator hid_t() const { return handle_.id(); }

 private:
  Hdf5Handle handle_;
};

Id dataspace(const Shape& shape, const hsize_t* max_shape = nullptr) {
  if (shape.empty()) return Id(H5Screate(H5S_SCALAR), H5Sclose);
  return Id(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), max_shape), H5Sclose);
}

/// Without time stamps: files of equal content are equal.
Id dataset_properties() {
  Id properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  require(H5Pset_obj_track_times(properties, false));
  return properties;
}

void write(hid_t group, const char* name, hid_t type, const Shape& shape, const void* values) {
  const Id space = dataspace(shape), properties = dataset_properties();
  const Id dataset(H5Dcreate2(group, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
  require(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values));
}

void write(hid_t group, const char* name, double value) { write(group, name, H5T_IEEE_F64LE, {}, &value); }

void write_count(hid_t group, const char* name, std::size_t count) {
  const auto value = static_cast<std::int64_t>(count);
  write(group, name, H5T_STD_I64LE, {}, &value);
}

void write(hid_t group, const char* name, const std::vector<double>& values) {
  write(group, name, H5T_IEEE_F64LE, {values.size()}, values.data());
}

void write(hid_t group, const char* name, const std::vector<std::int64_t>& values) {
  write(group, name, H5T_STD_I64LE, {values.size()}, values.data());
}

/// Text of fixed length, as numpy's bytes; `texts` are padded with NUL to `length`.
void write_bytes(hid_t group, const char* name, const Shape& shape, std::size_t length,
                 const std::vector<std::string>& texts) {
  std::string padded;
  for (std::string text : texts) {
    text.resize(length, '\0');
    padded += text;
  }
  const Id type(H5Tcopy(H5T_C_S1), H5Tclose);
  require(H5Tset_size(type, length));
  require(H5Tset_strpad(type, H5T_STR_NULLPAD));
  write(group, name, type, shape, padded.data());
}

void write_bytes(hid_t group, const char* name, const std::string& text) {
  write_bytes(group, name, {}, text.size(), {text});
}

/// Text of variable length in UTF-8, as Python's str.
void write_text(hid_t group, const char* name, const char* text) {
  const Id type(H5Tcopy(H5T_C_S1), H5Tclose);
  require(H5Tset_size(type, H5T_VARIABLE));
  require(H5Tset_cset(type, H5T_CSET_UTF8));
  write(group, name, type, {}, &text);
}

/// `values` per baseline, repeated for every integration.
template <typename T>
std::vector<T> every_time(const std::vector<T>& values, std::size_t n_times) {
  std::vector<T> result;
  result.reserve(values.size() * n_times);
  for (std::size_t time = 0; time < n_times; ++time) result.insert(result.end(), values.begin(), values.end());
  return result;
}

void write_extra_keywords(hid_t header, const SubbandFile& content) {
  const Id extra(H5Gcreate2(header, "extra_keywords", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  write(extra, "phase_center_dec", content.pointing_dec_rad);
  write(extra, "ha_phase_center", 0.0);
  write_text(extra, "phase_center_epoch", "HADEC");
  write_text(extra, "fs_table", "synthetic.npz");
  std::string delays = "0";
  for (std::size_t i = 1; i < 2 * content.antenna_position_m.size(); ++i) delays += " 0";
  write_bytes(extra, "applied_delays_ns", delays);
}

void write_antennas(hid_t header, const SubbandFile& content) {
  const std::size_t n_pads = content.antenna_position_m.size(), n_times = content.time_jd.size();
  std::vector<std::int64_t> numbers(n_pads);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::vector<std::string> names;
  for (std::size_t pad = 1; pad <= n_pads; ++pad) names.push_back(std::to_string(pad));
  std::vector<double> positions;
  for (const Vec3& p : content.antenna_position_m) positions.insert(positions.end(), {p.x, p.y, p.z});

  write_count(header, "Nants_data", content.n_antennas_data);
  write_count(header, "Nants_telescope", n_pads);
  write(header, "antenna_numbers", numbers);
  write_bytes(header, "antenna_names", {n_pads}, 4, names);
  write(header, "antenna_positions", H5T_IEEE_F64LE, {n_pads, 3}, positions.data());
  write(header, "antenna_diameters", std::vector<double>(n_pads, content.dish_diameter_m));
  write(header, "ant_1_array", every_time(content.antenna1, n_times));
  write(header, "ant_2_array", every_time(content.antenna2, n_times));
}

void write_axes(hid_t header, const SubbandFile& content) {
  const std::size_t n_times = content.time_jd.size(), n_baselines = content.antenna1.size();
  std::vector<double> times;
  for (double time : content.time_jd) times.insert(times.end(), n_baselines, time);
  const std::vector<std::array<float, 3>> uvw = every_time(content.uvw_m, n_times);

  write_count(header, "Nbls", n_baselines);
  write_count(header, "Nblts", times.size());
  write_count(header, "Nfreqs", content.freq_hz.size());
  write_count(header, "Npols", 2);
  write_count(header, "Nspws", 1);
  write_count(header, "Ntimes", n_times);
  write(header, "time_array", times);
  write(header, "integration_time", std::vector<double>(times.size(), content.integration_s));
  write(header, "uvw_array", H5T_IEEE_F32LE, {uvw.size(), 3}, uvw.data());
  write(header, "freq_array", H5T_IEEE_F64LE, {1, content.freq_hz.size()}, content.freq_hz.data());
  write(header, "channel_width", content.channel_width_hz);
  write(header, "spw_array", std::vector<std::int64_t>{1});
  write(header, "polarization_array", std::vector<std::int64_t>{-5, -6});
}

void write_header(hid_t file, const SubbandFile& content) {
  const Id header(H5Gcreate2(file, "Header", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  write(header, "latitude", content.site.latitude_rad / kDegree);
  write(header, "longitude", content.site.longitude_rad / kDegree);
  write(header, "altitude", content.site.height_m);
  write_bytes(header, "telescope_name", content.telescope_name);
  write_bytes(header, "instrument", "DSA");
  write_bytes(header, "object_name", "search");
  write_bytes(header, "history", "synthetic");
  write_bytes(header, "phase_type", "drift");
  write(header, "phase_center_app_dec", content.pointing_dec_rad);
  write_antennas(header, content);
  write_axes(header, content);
  write_extra_keywords(header, content);
}

/// A chunked dataset (rows, 1, channels, pols) that can grow in rows.
void write_cube(hid_t group, const char* name, hid_t type, const std::array<std::size_t, 3>& extents,
                const void* values) {
  const Shape shape{extents[0], 1, extents[1], extents[2]};
  const Shape max_shape{H5S_UNLIMITED, shape[1], shape[2], shape[3]};
  const Shape chunks = h5py_chunk_shape(shape, H5Tget_size(type));
  const Id space = dataspace(shape, max_shape.data()), properties = dataset_properties();
  require(H5Pset_chunk(properties, static_cast<int>(chunks.size()), chunks.data()));
  require(H5Pset_fill_time(properties, H5D_FILL_TIME_ALLOC));
  const Id dataset(H5Dcreate2(group, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
  require(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values));
}

void write_data(hid_t file, const SubbandFile& content) {
  const Id data(H5Gcreate2(file, "Data", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  const Id complex_type(H5Tcreate(H5T_COMPOUND, sizeof(std::complex<float>)), H5Tclose);
  require(H5Tinsert(complex_type, "r", 0, H5T_IEEE_F32LE));
  require(H5Tinsert(complex_type, "i", sizeof(float), H5T_IEEE_F32LE));
  const Id flag_type(H5Tenum_create(H5T_STD_I8LE), H5Tclose);
  const std::int8_t no = 0, yes = 1;
  require(H5Tenum_insert(flag_type, "FALSE", &no));
  require(H5Tenum_insert(flag_type, "TRUE", &yes));

  const auto& extents = content.visibilities.shape();
  write_cube(data, "visdata", complex_type, extents, content.visibilities.data());
  const std::vector<std::int8_t> flags(content.visibilities.size(), no);
  write_cube(data, "flags", flag_type, extents, flags.data());
  write_cube(data, "nsamples", H5T_IEEE_F32LE, extents, content.nsamples.data());
}

/// The bytes of the file.
NdArray<unsigned char, 1> build_image(const SubbandFile& content) {
  constexpr std::size_t kIncrement = std::size_t{16} << 20;
  const auto lock = hdf5_lock();
  const Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  require(H5Pset_fapl_core(access, kIncrement, false));
  const Id file(H5Fcreate("uvh5-in-memory", H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose);
  write_header(file, content);
  write_data(file, content);
  require(H5Fflush(file, H5F_SCOPE_GLOBAL));
  const ssize_t size = H5Fget_file_image(file, nullptr, 0);
  if (size < 0) fail();
  auto image = NdArray<unsigned char, 1>::uninitialized({static_cast<std::size_t>(size)});
  if (H5Fget_file_image(file, image.data(), image.size()) != size) fail();
  return image;
}

void check(const SubbandFile& content) {
  const std::size_t n_baselines = content.antenna1.size(), n_rows = n_baselines * content.time_jd.size();
  const NdView<const float, 3>::Shape expected{n_rows, content.freq_hz.size(), 2};
  if (content.antenna2.size() != n_baselines || content.uvw_m.size() != n_baselines || n_rows == 0 ||
      content.visibilities.shape() != expected || content.nsamples.shape() != expected)
    throw Error(code::kInvalidArgument, "Expected antennas, uvw and data of a UVH5 file to agree in shape");
}

}  // namespace

Shape h5py_chunk_shape(const Shape& shape, std::size_t element_bytes) {
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
  return Shape(chunk.begin(), chunk.end());
}

void write_subband_file(const std::string& path, const SubbandFile& content, const JobContext& context) {
  check(content);
  check_absent(path);
  context.checkpoint(0);
  const NdArray<unsigned char, 1> image = build_image(content);
  context.checkpoint(0.5);
  write_atomically(path, image.data(), image.size(), false);
}

}  // namespace contimg
