#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinates/rephase.h"
#include "core/visibility_source.h"
#include "uvh5/raw_file.h"

namespace contimg {

/// One UVH5 file of any telescope as a source of visibilities: rows in any order, with any integration times, channels
/// ascending or descending; one spectral window, polarizations in the order of the AIPS and CASA codes (XX XY YX YY).
///
/// Data phased to fixed positions keep them as phase centers. Data that are not phased at all ("unprojected", "drift")
/// are moved to the zenith of each integration, the direction that no geometrical delay of theirs contradicts. uvw is
/// recomputed from antenna positions. Flags and weights as in Uvh5GroupSource.
class Uvh5FileSource final : public VisibilitySource {
 public:
  /// @throws Error{UVH5_FORMAT} how the data are phased is not known or not fixed to the sky (see read_phasing), or
  ///         uvw_array contradicts antenna positions; Error{FILE_ACCESS}
  Uvh5FileSource(const std::string& path, const EarthOrientation& orientation);

  const Observation& observation() const override { return observation_; }
  void read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) override;

 private:
  void hand_over(const VisibilityBlock& file, const std::function<void(VisibilityBlock&)>& consume) const;

  std::string path_;
  FileStamp stamp_;
  Observation observation_;
  Rephasing to_zenith_;                      ///< identity where the data are phased
  std::vector<std::uint32_t> place_of_row_;  ///< the row of the observation, per row of the file
  std::vector<std::size_t> polarizations_;   ///< indices of the file, in the order of the observation
  bool descending_ = false;                  ///< the order of channels in the file
};

/// Whether `path` is to be read as a file of its own kind rather than as a subband of the DSA-110 correlator.
/// @throws Error{FILE_ACCESS, UVH5_FORMAT} it cannot be opened
bool is_foreign_file(const std::string& path);

}  // namespace contimg
