#include "uvh5/file_header.h"

#include <algorithm>
#include <cmath>

namespace contimg {
namespace {

std::size_t positive(const Hdf5File& file, const char* name) {
  const std::int64_t value = file.integer(name);
  if (value < 1) file.refuse("Expected " + std::string(name) + " to be at least 1 but it is " + std::to_string(value));
  return static_cast<std::size_t>(value);
}

std::optional<std::string> optional_text(const Hdf5File& file, const char* name) {
  return file.has(name) ? std::optional(file.text(name)) : std::nullopt;
}

std::vector<double> integers(const Hdf5File& file, const char* name, std::size_t n) {
  const std::vector<std::int64_t> values = file.integers(name, {n});
  return {values.begin(), values.end()};
}

void read_telescope(const Hdf5File& file, Uvh5FileHeader& header) {
  const std::size_t n = positive(file, "Header/Nants_telescope");
  header.telescope_name = file.text("Header/telescope_name");
  header.instrument = optional_text(file, "Header/instrument").value_or("");
  header.object_name = optional_text(file, "Header/object_name").value_or("");
  const double latitude_deg = file.number("Header/latitude");
  if (std::abs(latitude_deg) > 90)
    file.refuse("Expected Header/latitude within 90 degrees but it is " + std::to_string(latitude_deg));
  header.longitude_deg = file.number("Header/longitude");
  header.latitude_deg = latitude_deg;
  header.height_m = file.number("Header/altitude");
  header.antenna_numbers = integers(file, "Header/antenna_numbers", n);
  header.antenna_names = file.texts("Header/antenna_names", {n});
  header.antenna_positions_m = file.finite_numbers("Header/antenna_positions", {n, 3});
  if (file.has("Header/antenna_diameters"))
    header.antenna_diameters_m = file.finite_numbers("Header/antenna_diameters", {n});
}

void read_channels(const Hdf5File& file, Uvh5FileHeader& header) {
  const std::size_t n = header.n_channels;
  const bool with_spw = file.shape("Header/freq_array").size() == 2;
  header.freq_hz = file.finite_numbers("Header/freq_array", with_spw ? Hdf5Shape{1, n} : Hdf5Shape{n});
  if (std::any_of(header.freq_hz.begin(), header.freq_hz.end(), [](double freq) { return freq <= 0; }))
    file.refuse("Expected Header/freq_array to be positive");
  if (file.shape("Header/channel_width").empty())
    header.channel_width_hz.assign(n, file.number("Header/channel_width"));
  else
    header.channel_width_hz = file.finite_numbers("Header/channel_width", {n});
  for (double& width : header.channel_width_hz) width = std::abs(width);
  if (std::count(header.channel_width_hz.begin(), header.channel_width_hz.end(), 0.0) > 0)
    file.refuse("Expected Header/channel_width to differ from 0");
}

void require_shape(const Hdf5File& file, const char* name, const Hdf5Shape& shape) {
  const Hdf5Shape actual = file.shape(name);
  if (actual != shape)
    file.refuse("Expected " + std::string(name) + " to have the shape " + to_text(shape) + " but it has " +
                to_text(actual));
}

void read_times(const Hdf5File& file, Uvh5FileHeader& header) {
  const std::size_t n = header.n_rows;
  require_shape(file, "Header/ant_1_array", {n});
  require_shape(file, "Header/ant_2_array", {n});
  require_shape(file, "Header/uvw_array", {n, 3});
  const std::vector<double> time_jd = file.finite_numbers("Header/time_array", {n});
  const std::vector<double> integration_s = file.finite_numbers("Header/integration_time", {n});
  if (std::any_of(integration_s.begin(), integration_s.end(), [](double seconds) { return seconds <= 0; }))
    file.refuse("Expected Header/integration_time to be positive");
  header.first_time_jd = time_jd.front();
  header.last_time_jd = time_jd.back();
  header.integration_s = integration_s.front();
}

void read_pointing(const Hdf5File& file, Uvh5FileHeader& header) {
  const std::string group = "Header/extra_keywords";
  for (const std::string& name : file.names_in(group))
    if (auto value = file.scalar(group + "/" + name)) header.extra_keywords.emplace(name, std::move(*value));
  header.phase_type = optional_text(file, "Header/phase_type");
  header.has_phase_center_catalog = file.has("Header/phase_center_catalog");
  if (file.has(group + "/phase_center_dec")) header.pointing_dec_rad = file.number(group + "/phase_center_dec");
}

}  // namespace

Uvh5FileHeader read_uvh5_file_header(const std::string& path) {
  const auto lock = hdf5_lock();
  const Uvh5Reader reader(path);
  const Hdf5File& file = reader.file();
  Uvh5FileHeader header;
  header.n_rows = reader.n_rows();
  header.n_channels = reader.n_channels();
  header.n_pols = reader.n_pols();
  header.has_spw_axis = reader.has_spw_axis();
  header.visibility_type = reader.visibility_type();
  header.n_spws = positive(file, "Header/Nspws");
  header.n_times = positive(file, "Header/Ntimes");
  header.n_antennas_data = positive(file, "Header/Nants_data");
  read_telescope(file, header);
  read_channels(file, header);
  header.polarizations = integers(file, "Header/polarization_array", header.n_pols);
  read_times(file, header);
  read_pointing(file, header);
  return header;
}

}  // namespace contimg
