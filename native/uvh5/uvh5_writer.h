#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/job_context.h"
#include "core/nd_view.h"
#include "core/observation.h"

namespace contimg {

enum class Uvh5Layout {
  kDsa110,  ///< as the correlator's writer lays it out: names, types, shapes and omissions (docs/dsa110.md)
  kMemo12,  ///< the UVH5 memo, version 1.2
};

/// Where one integration is phased to, as the memo wants it told.
struct Uvh5Phasing {
  Direction center;                                  ///< ICRS
  double apparent_ra_rad = 0, apparent_dec_rad = 0;  ///< of date
  double frame_angle_rad = 0;                        ///< position angle of ICRS north from north of date
  std::optional<double> local_sidereal_time_rad;     ///< where UT1 is known
};

/// What a UVH5 file holds, in the orders of the file.
struct Uvh5Content {
  std::string telescope_name, instrument, object_name, history;
  Site site;
  std::vector<std::string> antenna_names;
  std::vector<Vec3> antenna_position_m;  ///< on ITRF axes, relative to the site
  std::vector<double> antenna_diameter_m;

  std::vector<double> time_jd;                   ///< per row: center of its integration, JD UTC
  std::vector<double> integration_s;             ///< per row
  std::vector<std::int64_t> antenna1, antenna2;  ///< per row, indices into the antennas
  std::vector<Vec3> uvw_m;                       ///< per row; the dsa110 layout keeps them as float32

  std::vector<double> freq_hz;           ///< channel centers
  std::vector<double> channel_width_hz;  ///< per channel; the dsa110 layout has one for all
  std::vector<std::int64_t> spw_of_channel;
  std::vector<std::int64_t> polarizations;  ///< AIPS codes

  double pointing_dec_rad = 0;       ///< dsa110: apparent, of date; every integration is phased to HA = 0 there
  std::vector<Uvh5Phasing> phasing;  ///< memo: per integration
  std::vector<std::size_t> integration_of_row;

  /// (rows, channels, pols); of more channels than the file has, those from first_channel on are written. Flags may be
  /// without elements: none is set.
  NdView<const std::complex<float>, 3> visibilities;
  NdView<const std::uint8_t, 3> flags;
  NdView<const float, 3> nsamples;
  std::size_t first_channel = 0;
  /// The arrays hold the conjugates, and channels in the opposite order, of what the file is to hold.
  bool is_conjugated = false, is_reversed = false;
};

/// Writes a UVH5 file. It appears under `path` only when complete.
///
/// @param is_compressed  deflate visibilities, flags and nsamples
/// @throws Error{OUTPUT_EXISTS, DISK_FULL, FILE_ACCESS, INVALID_ARGUMENT}; Cancelled at a checkpoint
/// Memory: the file. The file is the same, to the bit, for the same content.
void write_uvh5_file(const std::string& path, const Uvh5Content& content, Uvh5Layout layout, bool is_compressed,
                     const JobContext& context);

}  // namespace contimg
