#pragma once

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/job_context.h"
#include "core/nd_view.h"
#include "core/observation.h"

namespace contimg {

/// What a DSA-110 subband file holds. Rows are time-major; every integration has the same baselines.
struct SubbandFile {
  std::string telescope_name;
  Site site;
  std::vector<Vec3> antenna_position_m;  ///< every pad, on ITRF axes, relative to the site; pad 1 first
  double dish_diameter_m = 0;
  std::size_t n_antennas_data = 0;               ///< pads with a dish in use
  std::vector<std::int64_t> antenna1, antenna2;  ///< per baseline, indices into the pads
  std::vector<std::array<float, 3>> uvw_m;       ///< per baseline, for HA = 0, Dec = pointing_dec_rad
  std::vector<double> time_jd;                   ///< per integration, its center, JD UTC
  double integration_s = 0;
  std::vector<double> freq_hz;  ///< channel centers in the order of the data
  double channel_width_hz = 0;
  double pointing_dec_rad = 0;                        ///< apparent
  NdView<const std::complex<float>, 3> visibilities;  ///< (rows, channels, pols XX YY), raw sign of the file
  NdView<const float, 3> nsamples;                    ///< likewise
};

/// Writes a file as the correlator's writer lays it out: the same names, types, shapes and omissions (docs/dsa110.md).
/// It appears under `path` only when complete.
///
/// @throws Error{OUTPUT_EXISTS, DISK_FULL, FILE_ACCESS, INVALID_ARGUMENT}; Cancelled at a checkpoint
/// Memory: twice the file. The file is the same, to the bit, for the same content.
void write_subband_file(const std::string& path, const SubbandFile& content, const JobContext& context);

/// Chunk shape that h5py chooses for a resizable dataset (`chunks=True`): what the real files have.
std::vector<unsigned long long> h5py_chunk_shape(const std::vector<unsigned long long>& shape,
                                                 std::size_t element_bytes);

}  // namespace contimg
