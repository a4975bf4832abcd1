#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/nd_array.h"
#include "core/visibility_source.h"
#include "uvh5/uvh5_header.h"
#include "uvh5/uvh5_reader.h"

namespace contimg {

/// The subband files of one observation as one source of visibilities: files in any order, channels ascending within
/// and across files, one spectral window per subband, visibilities conjugated (docs/conventions.md section 2), each
/// integration at its own meridian phase center.
///
/// Flags are the file's, and 1 where a visibility is not finite (it is then given as 0). Weights are nsamples, and 0
/// where that is not finite or negative. Subbands without a file (subband_layout.h) are there too: visibilities 0,
/// flags 1, weights 0; history names them.
///
/// While a block is consumed the next one is read on another thread. Memory: two blocks of 32 MB of visibilities, 104
/// MB in all (more only where a single row is longer), and scratch as of StoredArray.
class Uvh5GroupSource final : public VisibilitySource {
 public:
  /// @param paths         1 to 16 files
  /// @param min_subbands  fewest files that will do
  /// @throws Error{INVALID_ARGUMENT} no file or too many; Error{INCOMPLETE_GROUP} too few, or one subband twice;
  ///         Error{INCONSISTENT_GROUP} files of different observations; Error{UVH5_FORMAT, FILE_ACCESS} for one file
  Uvh5GroupSource(const std::vector<std::string>& paths, std::size_t min_subbands, const EarthOrientation& orientation);

  const Observation& observation() const override { return observation_; }
  /// @throws Error{UVH5_FORMAT} also where a file is not the one any more that was opened at first
  void read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) override;
  void read_rows(RowRange rows, const std::function<void(VisibilityBlock&)>& consume,
                 const JobContext& context) override;

 private:
  struct Subband {
    std::string path;  ///< empty: missing
    FileStamp stamp;
    std::size_t first_channel, n_channels;
    bool descending;  ///< the order of channels in the file
  };
  /// A file, open, and how many rows to read of it at a time; or none, for a missing subband.
  struct OpenSubband;
  /// A block and what it lies in, which is kept from block to block.
  struct BlockMemory {
    NdArray<std::complex<float>, 1> visibilities;
    NdArray<std::uint8_t, 1> flags;
    NdArray<float, 1> weights;
    VisibilityBlock block;
  };
  OpenSubband open(const Subband& subband) const;
  void fetch(const OpenSubband& subband, RowRange rows, BlockMemory& memory, const JobContext& context) const;

  Observation observation_;
  std::vector<Subband> subbands_;  ///< ascending in frequency
};

}  // namespace contimg
