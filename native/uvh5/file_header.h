#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "uvh5/uvh5_reader.h"

namespace contimg {

/// Everything that one UVH5 file of any telescope says about itself, in its own orders: what readUvh5Header() gives.
struct Uvh5FileHeader {
  std::size_t n_rows = 0, n_channels = 0, n_pols = 0, n_spws = 0, n_times = 0, n_antennas_data = 0;
  bool has_spw_axis = false;
  VisibilityType visibility_type = VisibilityType::kComplex64;
  std::string telescope_name, instrument, object_name;
  double longitude_deg = 0, latitude_deg = 0, height_m = 0;
  std::vector<double> antenna_numbers;
  std::vector<std::string> antenna_names;
  std::vector<double> antenna_positions_m;                 ///< (antennas, 3), relative to the site, ITRF axes
  std::optional<std::vector<double>> antenna_diameters_m;  ///< (antennas)
  std::vector<double> freq_hz, channel_width_hz;           ///< (channels)
  std::vector<double> polarizations;                       ///< AIPS codes
  double first_time_jd = 0, last_time_jd = 0;              ///< UTC, centers of integrations
  double integration_s = 0;                                ///< of the first row
  std::optional<std::string> phase_type;
  bool has_phase_center_catalog = false;
  std::optional<double> pointing_dec_rad;            ///< extra_keywords/phase_center_dec
  std::map<std::string, Hdf5Scalar> extra_keywords;  ///< those that are scalars
};

/// @throws Error{FILE_ACCESS, UVH5_FORMAT}
/// Cost: 2 ms for a file of DSA-110. Locks libhdf5.
Uvh5FileHeader read_uvh5_file_header(const std::string& path);

}  // namespace contimg
