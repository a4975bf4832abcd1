#include "base_files.h"

#include <array>
#include <complex>
#include <cstdio>

#include "coordinates/apparent.h"
#include "core/constants.h"
#include "core/nd_array.h"
#include "scratch_file.h"
#include "uvh5/lzf_filter.h"
#include "uvh5/uvh5_writer.h"

namespace contimg::fuzz {
namespace {

constexpr std::size_t kAntennas = 4, kTimes = 3, kChannels = 8, kPols = 2;
constexpr double kIntegrationSec = 12.885;

/// What the simulator's writer makes: h5py's chunks in the old format.
Bytes plain_file(const std::string& folder) {
  Uvh5Content content;
  content.telescope_name = "OVRO_MMA";
  content.instrument = "DSA";
  content.object_name = "search";
  content.history = "synthetic";
  content.site = {-118.28 * kDegree, 37.23 * kDegree, 1188};
  content.pointing_dec_rad = 0.28;
  content.polarizations = {-5, -6};
  content.channel_width_hz.assign(kChannels, -30517.578125);
  for (std::size_t i = 0; i < kAntennas; ++i) {
    content.antenna_names.push_back(std::to_string(i + 1));
    content.antenna_position_m.push_back({13.0 * static_cast<double>(i * i), 70.0 * static_cast<double>(i), 5.0});
    content.antenna_diameter_m.push_back(4.65);
  }
  const UvwFrame frame = hadec_frame(0, content.pointing_dec_rad, content.site);
  for (std::size_t t = 0; t < kTimes; ++t)
    for (std::size_t i = 0; i < kAntennas; ++i)
      for (std::size_t j = i; j < kAntennas; ++j) {
        content.time_jd.push_back(2461066.4 + static_cast<double>(t) * kIntegrationSec / kSecondsPerDay);
        content.integration_s.push_back(kIntegrationSec);
        content.antenna1.push_back(static_cast<std::int64_t>(i));
        content.antenna2.push_back(static_cast<std::int64_t>(j));
        content.uvw_m.push_back(uvw_of_baseline(frame, content.antenna_position_m[j] - content.antenna_position_m[i]));
      }
  for (std::size_t c = 0; c < kChannels; ++c)
    content.freq_hz.push_back(1.4e9 + static_cast<double>(c) * content.channel_width_hz[c]);

  Dice dice(1, 0);
  NdArray<std::complex<float>, 3> visibilities({content.antenna1.size(), kChannels, kPols});
  NdArray<float, 3> nsamples(visibilities.shape());
  const auto number = [&] { return static_cast<float>(dice.below(1 << 20)) / (1 << 16) - 8; };
  for (auto& value : visibilities) value = {number(), number()};
  for (float& value : nsamples) value = dice.once_in(9) ? 0.5f : 1.0f;
  content.visibilities = visibilities.view();
  content.nsamples = nsamples.view();

  const std::string path = folder + "/base.hdf5";
  write_uvh5_file(path, content, Uvh5Layout::kDsa110, false, JobContext());
  const Bytes bytes = read_file(path);
  std::remove(path.c_str());
  return bytes;
}

Bytes read_values(hid_t dataset, hid_t type) {
  const Id space(H5Dget_space(dataset), H5Sclose);
  Bytes values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)) * H5Tget_size(type));
  H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  return values;
}

/// How a copy of the plain file differs from it.
struct Variant {
  Storage storage;
  bool newest = false;  ///< format
  bool with_spw = true;
  hid_t visibility_part = -1;  ///< type of r and i, if not as it was
  hid_t nsamples_type = -1;
  bool header_in_chunks = false;
};

Id compound_of(hid_t part) {
  Id type(H5Tcreate(H5T_COMPOUND, 2 * H5Tget_size(part)), H5Tclose);
  H5Tinsert(type, "r", 0, part);
  H5Tinsert(type, "i", H5Tget_size(part), part);
  return type;
}

void copy_data(hid_t from, hid_t to, const Variant& variant) {
  const Id data(H5Gcreate2(to, "Data", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  for (const std::string name : {"visdata", "flags", "nsamples"}) {
    const Id dataset(H5Dopen2(from, ("Data/" + name).c_str(), H5P_DEFAULT), H5Dclose);
    Id type(H5Dget_type(dataset), H5Tclose);
    if (name == "visdata" && variant.visibility_part >= 0) type = compound_of(variant.visibility_part);
    if (name == "nsamples" && variant.nsamples_type >= 0) type = Id(H5Tcopy(variant.nsamples_type), H5Tclose);
    const Bytes values = read_values(dataset, type);
    std::vector<hsize_t> shape{10 * kTimes, 1, kChannels, kPols};
    Storage storage = variant.storage;
    if (!variant.with_spw) shape.erase(shape.begin() + 1);
    if (variant.with_spw && !storage.chunk.empty()) storage.chunk.insert(storage.chunk.begin() + 1, 1);
    write_dataset(data, name.c_str(), type, shape, storage, values.data());
  }
}

/// Row arrays as chunks, two of them compressed.
void chunk_header(hid_t file) {
  for (const std::string name : {"time_array", "integration_time", "ant_1_array", "ant_2_array"}) {
    const std::string path = "Header/" + name;
    const Id old(H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose), type(H5Dget_type(old), H5Tclose);
    const Bytes values = read_values(old, type);
    H5Ldelete(file, path.c_str(), H5P_DEFAULT);
    Storage storage{H5D_CHUNKED, {7}, {}, true};
    if (name[0] == 'a') storage.filters = {H5Z_FILTER_SHUFFLE, H5Z_FILTER_DEFLATE};
    write_dataset(file, path.c_str(), type, {10 * kTimes}, storage, values.data());
  }
}

Bytes variant_of(const std::string& folder, const Bytes& plain, const Variant& variant) {
  ScratchFile from(folder + "/from.hdf5", plain), to(folder + "/to.hdf5", variant.newest);
  H5Ocopy(from.id(), "Header", to.id(), "Header", H5P_DEFAULT, H5P_DEFAULT);
  if (variant.header_in_chunks) chunk_header(to.id());
  copy_data(from.id(), to.id(), variant);
  from.finish();
  return to.finish();
}

}  // namespace

std::vector<BaseFile> make_base_files(const std::string& folder) {
  const Bytes plain = plain_file(folder);
  std::vector<BaseFile> files;
  const auto add_bytes = [&](const char* name, const Bytes& bytes) {
    const std::string path = folder + "/base.hdf5";
    write_file(path, bytes);
    files.push_back({name, bytes, std::make_shared<const Uvh5Data>(read_uvh5(path, {}, 1, JobContext()))});
    std::remove(path.c_str());
  };
  const auto add = [&](const char* name, const Variant& variant) {
    add_bytes(name, variant_of(folder, plain, variant));
  };
  add_bytes("h5py's chunks", plain);
  const std::vector<hsize_t> rows{1, 1, 1}, small{4, 3, 1}, large{16, 8, 2}, all{30, 8, 2};
  const Storage gzip{H5D_CHUNKED, large, {H5Z_FILTER_DEFLATE}}, plain_chunks{H5D_CHUNKED, small, {}, true};
  add("contiguous", {{}});
  add("contiguous without spw axis", {{}, false, false});
  add("compact", {{H5D_COMPACT}});
  add("many chunks", {plain_chunks});
  add("single rows", {{H5D_CHUNKED, rows}});
  add("gzip", {gzip});
  add("shuffle, gzip, fletcher32",
      {{H5D_CHUNKED, small, {H5Z_FILTER_SHUFFLE, H5Z_FILTER_DEFLATE, H5Z_FILTER_FLETCHER32}}});
  add("LZF", {{H5D_CHUNKED, large, {kLzfFilterId}, true}});
  add("LZF without spw axis", {{H5D_CHUNKED, small, {kLzfFilterId}}, false, false});
  add("complex128", {gzip, false, true, H5T_IEEE_F64LE});
  add("integers", {{H5D_CHUNKED, small, {H5Z_FILTER_DEFLATE}}, false, true, H5T_STD_I32LE});
  add("big-endian chunks", {plain_chunks, false, true, H5T_IEEE_F32BE, H5T_IEEE_F64LE});
  add("header in chunks", {plain_chunks, false, true, -1, -1, true});
  add("newest format, contiguous", {{}, true});
  add("newest format, one chunk", {{H5D_CHUNKED, all}, true});
  add("newest format, fixed array", {{H5D_CHUNKED, small, {H5Z_FILTER_DEFLATE}}, true});
  add("newest format, growing array", {{H5D_CHUNKED, small, {kLzfFilterId}, true}, true, true, -1, -1, true});
  return files;
}

}  // namespace contimg::fuzz
