#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/visibility_source.h"
#include "uvh5/uvh5_header.h"

namespace contimg {

/// The subband files of one observation as one source of visibilities: files in any order, channels ascending within
/// and across files, one spectral window per file, visibilities conjugated (docs/conventions.md section 2), each
/// integration at its own meridian phase center.
///
/// Flags are the file's, and 1 where a visibility is not finite (it is then given as 0). Weights are nsamples, and 0
/// where that is not finite or negative.
class Uvh5GroupSource final : public VisibilitySource {
 public:
  /// @param paths         1 to 16 files
  /// @param min_subbands  fewest files that will do
  /// @throws Error{INVALID_ARGUMENT} no file or too many; Error{INCOMPLETE_GROUP} too few, or one subband twice;
  ///         Error{INCONSISTENT_GROUP} files of different observations; Error{UVH5_FORMAT, FILE_ACCESS} for one file
  Uvh5GroupSource(const std::vector<std::string>& paths, std::size_t min_subbands, const EarthOrientation& orientation);

  const Observation& observation() const override { return observation_; }
  void read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) override;

 private:
  struct Subband {
    std::string path;
    std::size_t first_channel;
    bool descending;  ///< the order of channels in the file
  };

  Observation observation_;
  std::vector<Subband> subbands_;  ///< ascending in frequency
};

}  // namespace contimg
