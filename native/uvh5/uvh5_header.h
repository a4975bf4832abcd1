#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/observation.h"
#include "uvh5/hdf5_file.h"

namespace contimg {

/// What imaging needs of one file's header. Orders, signs and frames are the file's: frequencies may descend.
struct Uvh5Header {
  std::string path;
  std::string telescope_name;
  Site site;
  std::vector<Antenna> antennas;  ///< position_m: relative to the site, ITRF axes

  std::vector<double> freq_hz;           ///< channel centers
  std::vector<double> channel_width_hz;  ///< > 0, one per channel
  std::vector<int> polarizations;        ///< AIPS codes
  double pointing_dec_rad = 0;           ///< apparent, of date: extra_keywords/phase_center_dec; of the correlator only

  std::vector<double> time_jd;                    ///< per row: UTC, center of the integration
  std::vector<double> integration_s;              ///< per row
  std::vector<std::uint32_t> antenna1, antenna2;  ///< per row, into antennas
  std::vector<double> uvw_m;                      ///< (rows, 3); of the correlator: hour-angle and declination of date
};

/// Whether a file is of the DSA-110 correlator, and read_uvh5_header is for it: extra_keywords say to which hour angle
/// or declination it is fringe-stopped.
/// Threads: call under hdf5_lock().
bool is_correlator_file(const Hdf5File& file);

/// Reads what every telescope's header holds, and nothing of how the data are phased. Antennas of no stated diameter
/// have 0.
/// Threads: call under hdf5_lock().
/// @throws Error{UVH5_FORMAT} a dataset is missing, of a wrong shape or type, or not finite
Uvh5Header read_any_header(const Hdf5File& file, std::size_t n_rows, std::size_t n_channels, std::size_t n_pols);

/// Reads the header of a drift-scan file of the DSA-110 correlator.
/// Threads: call under hdf5_lock().
/// @throws Error{UVH5_FORMAT} a dataset is missing, of a wrong shape or type, or not finite; not a drift scan; no
///         extra_keywords/phase_center_dec
Uvh5Header read_uvh5_header(const Hdf5File& file, std::size_t n_rows, std::size_t n_channels, std::size_t n_pols);

}  // namespace contimg
