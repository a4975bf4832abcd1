#include "uvh5/uvh5_writer.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "core/atomic_file.h"
#include "core/constants.h"
#include "core/error.h"
#include "core/nd_array.h"
#include "uvh5/hdf5_builder.h"

namespace contimg {
namespace {

std::size_t longest(const std::vector<std::string>& texts) {
  std::size_t length = 0;
  for (const std::string& text : texts) length = std::max(length, text.size());
  return length;
}

/// What both layouts have, alike.
void write_common(const Hdf5GroupBuilder& header, const Uvh5Content& content) {
  header.number("latitude", content.site.latitude_rad / kDegree);
  header.number("longitude", content.site.longitude_rad / kDegree);
  header.number("altitude", content.site.height_m);
  header.bytes("telescope_name", content.telescope_name);
  header.bytes("instrument", content.instrument);
  header.bytes("history", content.history);

  const std::size_t n_antennas = content.antenna_names.size();
  std::vector<std::int64_t> numbers(n_antennas);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::set<std::int64_t> used(content.antenna1.begin(), content.antenna1.end());
  used.insert(content.antenna2.begin(), content.antenna2.end());
  std::vector<double> positions;
  for (const Vec3& p : content.antenna_position_m) positions.insert(positions.end(), {p.x, p.y, p.z});
  header.integer("Nants_data", static_cast<std::int64_t>(used.size()));
  header.integer("Nants_telescope", static_cast<std::int64_t>(n_antennas));
  header.integers("antenna_numbers", numbers);
  // The correlator keeps four bytes for each.
  header.bytes("antenna_names", content.antenna_names, std::max<std::size_t>(longest(content.antenna_names), 4));
  header.array("antenna_positions", H5T_IEEE_F64LE, {n_antennas, 3}, positions.data());
  header.numbers("antenna_diameters", content.antenna_diameter_m);

  std::set<std::pair<std::int64_t, std::int64_t>> baselines;
  for (std::size_t row = 0; row < content.antenna1.size(); ++row)
    baselines.emplace(content.antenna1[row], content.antenna2[row]);
  const std::set<double> times(content.time_jd.begin(), content.time_jd.end());
  header.integer("Nbls", static_cast<std::int64_t>(baselines.size()));
  header.integer("Nblts", static_cast<std::int64_t>(content.time_jd.size()));
  header.integer("Nfreqs", static_cast<std::int64_t>(content.freq_hz.size()));
  header.integer("Npols", static_cast<std::int64_t>(content.polarizations.size()));
  header.integer("Ntimes", static_cast<std::int64_t>(times.size()));
  header.integers("ant_1_array", content.antenna1);
  header.integers("ant_2_array", content.antenna2);
  header.numbers("time_array", content.time_jd);
  header.numbers("integration_time", content.integration_s);
  header.integers("polarization_array", content.polarizations);
}

void write_dsa110(const Hdf5GroupBuilder& header, const Uvh5Content& content) {
  header.bytes("object_name", content.object_name);
  header.bytes("phase_type", "drift");
  header.number("phase_center_app_dec", content.pointing_dec_rad);
  header.integer("Nspws", 1);
  header.integers("spw_array", {1});
  header.array("freq_array", H5T_IEEE_F64LE, {1, content.freq_hz.size()}, content.freq_hz.data());
  header.number("channel_width", content.channel_width_hz.front());
  std::vector<float> uvw;
  for (const Vec3& p : content.uvw_m)
    uvw.insert(uvw.end(), {static_cast<float>(p.x), static_cast<float>(p.y), static_cast<float>(p.z)});
  header.array("uvw_array", H5T_IEEE_F32LE, {content.uvw_m.size(), 3}, uvw.data());

  const Hdf5GroupBuilder extra = header.group("extra_keywords");
  extra.number("phase_center_dec", content.pointing_dec_rad);
  extra.number("ha_phase_center", 0);
  extra.text("phase_center_epoch", "HADEC");
  extra.text("fs_table", "synthetic.npz");
  std::string delays = "0";
  for (std::size_t i = 1; i < 2 * content.antenna_names.size(); ++i) delays += " 0";
  extra.bytes("applied_delays_ns", delays);
}

/// Different phase centers, and which of them each integration has.
struct PhaseCenters {
  std::vector<Direction> entries;
  std::vector<std::size_t> of_integration;
};

PhaseCenters phase_centers(const std::vector<Uvh5Phasing>& phasing) {
  PhaseCenters centers;
  std::map<std::pair<double, double>, std::size_t> known;
  for (const Uvh5Phasing& p : phasing) {
    const auto [entry, is_new] = known.emplace(std::pair(p.center.ra_rad, p.center.dec_rad), known.size());
    if (is_new) centers.entries.push_back(p.center);
    centers.of_integration.push_back(entry->second);
  }
  return centers;
}

void write_phasing(const Hdf5GroupBuilder& header, const Uvh5Content& content) {
  const auto write_rows = [&](const char* name, auto of) {
    std::vector<double> values;
    for (const std::size_t integration : content.integration_of_row) values.push_back(of(content.phasing[integration]));
    header.numbers(name, values);
  };
  write_rows("phase_center_app_ra", [](const Uvh5Phasing& p) { return p.apparent_ra_rad; });
  write_rows("phase_center_app_dec", [](const Uvh5Phasing& p) { return p.apparent_dec_rad; });
  write_rows("phase_center_frame_pa", [](const Uvh5Phasing& p) { return p.frame_angle_rad; });
  if (content.phasing.front().local_sidereal_time_rad)
    write_rows("lst_array", [](const Uvh5Phasing& p) { return *p.local_sidereal_time_rad; });

  const PhaseCenters centers = phase_centers(content.phasing);
  std::vector<std::int64_t> ids;
  for (const std::size_t integration : content.integration_of_row)
    ids.push_back(static_cast<std::int64_t>(centers.of_integration[integration]));
  header.integer("Nphase", static_cast<std::int64_t>(centers.entries.size()));
  header.integers("phase_center_id_array", ids);
  const Hdf5GroupBuilder catalog = header.group("phase_center_catalog");
  for (std::size_t id = 0; id < centers.entries.size(); ++id) {
    const Hdf5GroupBuilder entry = catalog.group(std::to_string(id));
    entry.bytes("cat_name", content.object_name + (centers.entries.size() == 1 ? "" : "-" + std::to_string(id)));
    entry.bytes("cat_type", "sidereal");
    entry.bytes("cat_frame", "icrs");
    entry.number("cat_lon", centers.entries[id].ra_rad);
    entry.number("cat_lat", centers.entries[id].dec_rad);
    for (const char* name : {"cat_epoch", "cat_times", "cat_pm_ra", "cat_pm_dec", "cat_dist", "cat_vrad"})
      entry.nothing(name);
    entry.bytes("info_source", "file");
  }
}

void write_memo12(const Hdf5GroupBuilder& header, const Uvh5Content& content) {
  header.bytes("version", "1.2");
  header.bytes("telescope_frame", "itrs");
  header.bytes("vis_units", "Jy");
  const std::set<std::int64_t> windows(content.spw_of_channel.begin(), content.spw_of_channel.end());
  header.integer("Nspws", static_cast<std::int64_t>(windows.size()));
  header.integers("spw_array", {windows.begin(), windows.end()});
  header.integers("flex_spw_id_array", content.spw_of_channel);
  header.numbers("freq_array", content.freq_hz);
  header.numbers("channel_width", content.channel_width_hz);
  std::vector<double> uvw;
  for (const Vec3& p : content.uvw_m) uvw.insert(uvw.end(), {p.x, p.y, p.z});
  header.array("uvw_array", H5T_IEEE_F64LE, {content.uvw_m.size(), 3}, uvw.data());
  write_phasing(header, content);
}

/// Rows of an array as the file holds them; the array's own memory where that is the same.
template <typename T, typename Convert>
std::function<const void*(std::size_t, std::size_t)> file_rows(const Uvh5Content& content, NdView<const T, 3> array,
                                                               bool is_converted, Convert convert) {
  const std::size_t n_channels = content.freq_hz.size(), n_pols = array.shape()[2];
  const std::size_t row_size = array.shape()[1] * n_pols, offset = content.first_channel * n_pols;
  const bool is_reversed = content.is_reversed, is_whole = n_channels == array.shape()[1];
  return [=, buffer = std::vector<T>()](std::size_t first, std::size_t n) mutable -> const void* {
    const T* from = array.data() + first * row_size + offset;
    if (is_whole && !is_reversed && !is_converted) return from;
    buffer.resize(n * n_channels * n_pols);
    for (std::size_t i = 0; i < n * n_channels; ++i) {
      const std::size_t row = i / n_channels, channel = i % n_channels;
      const T* value = from + row * row_size + (is_reversed ? n_channels - 1 - channel : channel) * n_pols;
      for (std::size_t pol = 0; pol < n_pols; ++pol) buffer[i * n_pols + pol] = convert(value[pol]);
    }
    return buffer.data();
  };
}

Hdf5Storage storage_of(Uvh5Layout layout, bool is_compressed, const Hdf5Extents& shape, std::size_t element_bytes) {
  if (layout == Uvh5Layout::kDsa110) return {h5py_chunk_shape(shape, element_bytes), true, is_compressed};
  if (!is_compressed) return {};
  constexpr std::size_t kChunkBytes = std::size_t{1} << 20;  // of visibilities; the other arrays have the same rows
  const std::size_t row_bytes = shape[1] * shape[2] * sizeof(std::complex<float>);
  return {{std::clamp<hsize_t>(kChunkBytes / row_bytes, 1, shape[0]), shape[1], shape[2]}, false, true};
}

void write_data(const Hdf5GroupBuilder& data, const Uvh5Content& content, Uvh5Layout layout, bool is_compressed,
                const JobContext& context) {
  const auto& extents = content.visibilities.shape();
  const std::size_t n_channels = content.freq_hz.size();
  const Hdf5Extents shape = layout == Uvh5Layout::kDsa110 ? Hdf5Extents{extents[0], 1, n_channels, extents[2]}
                                                          : Hdf5Extents{extents[0], n_channels, extents[2]};
  const auto write = [&](const char* name, const Hdf5Handle& type, const auto& rows, double begin, double end) {
    const Hdf5Storage storage = storage_of(layout, is_compressed, shape, H5Tget_size(type.id()));
    data.rows(name, type.id(), shape, storage, rows, context.part(begin, end));
  };
  const auto same = [](auto value) { return value; };
  write("visdata", hdf5_complex64(),
        file_rows(
            content, content.visibilities, content.is_conjugated,
            [conjugate = content.is_conjugated](const std::complex<float>& v) { return conjugate ? std::conj(v) : v; }),
        0, 0.6);
  const std::vector<std::uint8_t> none(content.flags.size() == 0 ? content.visibilities.size() : 0, 0);
  const NdView<const std::uint8_t, 3> flags =
      content.flags.size() == 0 ? NdView<const std::uint8_t, 3>(none.data(), extents) : content.flags;
  write("flags", hdf5_boolean(),
        file_rows(content, flags, true, [](std::uint8_t flag) { return static_cast<std::uint8_t>(flag != 0); }), 0.6,
        0.7);
  write("nsamples", Hdf5Handle(H5Tcopy(H5T_IEEE_F32LE), H5Tclose), file_rows(content, content.nsamples, false, same),
        0.7, 1);
}

void require(bool holds, const char* message) {
  if (!holds) throw Error(code::kInvalidArgument, message);
}

void check(const Uvh5Content& content, Uvh5Layout layout) {
  const std::size_t n_rows = content.time_jd.size(), n_channels = content.freq_hz.size();
  const std::size_t n_antennas = content.antenna_names.size();
  const NdView<const float, 3>::Shape expected{n_rows, content.visibilities.shape()[1], content.polarizations.size()};
  require(n_rows > 0 && n_channels > 0 && !content.polarizations.empty(), "Expected a UVH5 file to hold something");
  require(content.antenna1.size() == n_rows && content.antenna2.size() == n_rows && content.uvw_m.size() == n_rows &&
              content.integration_s.size() == n_rows && content.channel_width_hz.size() == n_channels &&
              content.antenna_position_m.size() == n_antennas && content.antenna_diameter_m.size() == n_antennas &&
              content.visibilities.shape() == expected && expected[1] >= content.first_channel + n_channels &&
              content.nsamples.shape() == expected && (content.flags.size() == 0 || content.flags.shape() == expected),
          "Expected antennas, uvw and data of a UVH5 file to agree in shape");
  const auto is_known = [&](std::int64_t antenna) { return antenna >= 0 && antenna < std::int64_t(n_antennas); };
  require(std::all_of(content.antenna1.begin(), content.antenna1.end(), is_known) &&
              std::all_of(content.antenna2.begin(), content.antenna2.end(), is_known),
          "Expected the antennas of every row of a UVH5 file to be in its table");
  if (layout == Uvh5Layout::kDsa110) {
    const auto& widths = content.channel_width_hz;
    require(std::adjacent_find(widths.begin(), widths.end(), std::not_equal_to<>()) == widths.end(),
            "Expected one channel width in the layout dsa110. Write the layout uvh5-1.2 instead");
  } else {
    require(!content.phasing.empty() && content.integration_of_row.size() == n_rows &&
                content.spw_of_channel.size() == n_channels,
            "Expected phase centers and spectral windows of a UVH5 file");
  }
}

}  // namespace

void write_uvh5_file(const std::string& path, const Uvh5Content& content, Uvh5Layout layout, bool is_compressed,
                     const JobContext& context) {
  check(content, layout);
  check_absent(path);
  Hdf5Builder file;
  {
    const Hdf5GroupBuilder root = file.root(), header = root.group("Header");
    write_common(header, content);
    if (layout == Uvh5Layout::kDsa110)
      write_dsa110(header, content);
    else
      write_memo12(header, content);
    write_data(root.group("Data"), content, layout, is_compressed, context.part(0, 0.5));
  }
  file.finish();
  write_atomically(path, file.data(), file.size(), false, context.part(0.5, 1));
}

}  // namespace contimg
