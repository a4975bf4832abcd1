#include "uvh5/uvh5_header.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "core/constants.h"

namespace contimg {
namespace {

constexpr double kDefaultDiameterM = 4.65;  // of a DSA-110 dish
constexpr const char* kPointingDec = "Header/extra_keywords/phase_center_dec";
constexpr const char* kHourAngle = "Header/extra_keywords/ha_phase_center";
constexpr std::int64_t kMaxAntennas = 1 << 16;

/// A header value within its bounds.
double number_within(const Hdf5File& file, const char* name, double low, double high) {
  const double value = file.number(name);
  if (!(value >= low && value <= high))
    file.refuse("Expected " + std::string(name) + " to be from " + std::to_string(low) + " to " + std::to_string(high) +
                " but it is " + std::to_string(value));
  return value;
}

Site read_site(const Hdf5File& file) {
  return {number_within(file, "Header/longitude", -360, 360) * kDegree,
          number_within(file, "Header/latitude", -90, 90) * kDegree, number_within(file, "Header/altitude", -1e4, 1e5)};
}

std::vector<Antenna> read_antennas(const Hdf5File& file, std::size_t n) {
  const std::vector<std::string> names = file.texts("Header/antenna_names", {n});
  const std::vector<double> positions = file.finite_numbers("Header/antenna_positions", {n, 3});
  const bool has_diameters = file.has("Header/antenna_diameters");
  std::vector<double> diameters(n, 0.0);
  if (has_diameters) diameters = file.finite_numbers("Header/antenna_diameters", {n});
  std::vector<Antenna> antennas;
  for (std::size_t i = 0; i < n; ++i) {
    if (has_diameters && !(diameters[i] > 0))
      file.refuse("Expected Header/antenna_diameters to be positive but element " + std::to_string(i) + " is " +
                  std::to_string(diameters[i]));
    antennas.push_back({names[i], {positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]}, diameters[i]});
  }
  return antennas;
}

/// Rows name antennas by number; what comes back are indices into antenna_numbers.
std::vector<std::uint32_t> read_antenna_indices(const Hdf5File& file, const char* name, std::size_t n_rows,
                                                const std::unordered_map<std::int64_t, std::uint32_t>& index_of) {
  std::vector<std::uint32_t> indices;
  indices.reserve(n_rows);
  for (std::int64_t number : file.integers(name, {n_rows})) {
    const auto found = index_of.find(number);
    if (found == index_of.end())
      file.refuse("Expected " + std::string(name) + " to hold numbers of Header/antenna_numbers but it holds " +
                  std::to_string(number));
    indices.push_back(found->second);
  }
  return indices;
}

void read_rows(const Hdf5File& file, std::size_t n_rows, Uvh5Header& header) {
  const std::size_t n_antennas = header.antennas.size();
  std::unordered_map<std::int64_t, std::uint32_t> index_of;
  for (std::int64_t number : file.integers("Header/antenna_numbers", {n_antennas}))
    if (!index_of.emplace(number, static_cast<std::uint32_t>(index_of.size())).second)
      file.refuse("Expected Header/antenna_numbers to differ but it holds " + std::to_string(number) + " twice");
  header.antenna1 = read_antenna_indices(file, "Header/ant_1_array", n_rows, index_of);
  header.antenna2 = read_antenna_indices(file, "Header/ant_2_array", n_rows, index_of);
  header.time_jd = file.finite_numbers("Header/time_array", {n_rows});
  header.integration_s = file.finite_numbers("Header/integration_time", {n_rows});
  header.uvw_m = file.finite_numbers("Header/uvw_array", {n_rows, 3});
  if (*std::min_element(header.integration_s.begin(), header.integration_s.end()) <= 0)
    file.refuse("Expected Header/integration_time to be positive");
}

void read_channels(const Hdf5File& file, std::size_t n_channels, Uvh5Header& header) {
  const bool with_spw = file.shape("Header/freq_array").size() == 2;
  header.freq_hz =
      file.finite_numbers("Header/freq_array", with_spw ? Hdf5Shape{1, n_channels} : Hdf5Shape{n_channels});
  if (*std::min_element(header.freq_hz.begin(), header.freq_hz.end()) <= 0)
    file.refuse("Expected Header/freq_array to be positive");
  if (file.shape("Header/channel_width").empty())
    header.channel_width_hz.assign(n_channels, file.number("Header/channel_width"));
  else
    header.channel_width_hz = file.finite_numbers("Header/channel_width", {n_channels});
  for (double& width : header.channel_width_hz) {  // the sign only tells the order, which freq_array tells too
    width = std::abs(width);
    if (width == 0) file.refuse("Expected Header/channel_width to differ from 0");
  }
}

/// Whether the file is of the kind whose phase centers are known: fringe-stopped to the meridian.
double read_pointing(const Hdf5File& file) {
  const std::string phase_type = file.has("Header/phase_type") ? file.text("Header/phase_type") : "absent";
  if (phase_type != "drift")
    file.refuse("Expected Header/phase_type to be drift, as the DSA-110 correlator writes, but it is " + phase_type +
                ". Only drift scans can be converted and imaged");
  if (!file.has(kPointingDec))
    file.refuse("Expected " + std::string(kPointingDec) + " (radians), the pointing declination, but it is missing. " +
                "Without it the phase center is not known");
  const double dec_rad = number_within(file, kPointingDec, -kPi / 2, kPi / 2);
  if (file.has(kHourAngle) && file.number(kHourAngle) != 0)
    file.refuse("Expected " + std::string(kHourAngle) + " to be 0, the meridian, but it is " +
                std::to_string(file.number(kHourAngle)));
  return dec_rad;
}

}  // namespace

bool is_correlator_file(const Hdf5File& file) { return file.has(kPointingDec) || file.has(kHourAngle); }

Uvh5Header read_uvh5_header(const Hdf5File& file, std::size_t n_rows, std::size_t n_channels, std::size_t n_pols) {
  const double pointing_dec_rad = read_pointing(file);  // the first thing to know of a file
  Uvh5Header header = read_any_header(file, n_rows, n_channels, n_pols);
  header.pointing_dec_rad = pointing_dec_rad;
  for (Antenna& antenna : header.antennas)
    if (antenna.diameter_m == 0) antenna.diameter_m = kDefaultDiameterM;
  return header;
}

Uvh5Header read_any_header(const Hdf5File& file, std::size_t n_rows, std::size_t n_channels, std::size_t n_pols) {
  Uvh5Header header;
  header.path = file.path();
  header.telescope_name = file.text("Header/telescope_name");
  header.site = read_site(file);
  const std::int64_t n_antennas = file.integer("Header/Nants_telescope");
  if (n_antennas < 1 || n_antennas > kMaxAntennas)
    file.refuse("Expected Header/Nants_telescope to be from 1 to " + std::to_string(kMaxAntennas) + " but it is " +
                std::to_string(n_antennas));
  header.antennas = read_antennas(file, static_cast<std::size_t>(n_antennas));
  read_channels(file, n_channels, header);
  for (std::int64_t code : file.integers("Header/polarization_array", {n_pols}))
    header.polarizations.push_back(static_cast<int>(code));
  read_rows(file, n_rows, header);
  return header;
}

}  // namespace contimg
