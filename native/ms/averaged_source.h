#pragma once

#include <cstdint>
#include <vector>

#include "coordinates/rephase.h"
#include "core/visibility_source.h"
#include "ms/averaging_plan.h"

namespace contimg::ms {

/// Another source moved to one phase center and averaged in time, each baseline as far as it bears.
///
/// Visibilities are means weighted by the weights, which are summed; what is flagged or has no weight takes no part,
/// and where nothing is left the result is 0, flagged, of weight 0. Blocks come as bins become full, in any order of
/// the source's blocks; memory is what the bins take that are begun and not full.
class AveragedSource final : public VisibilitySource {
 public:
  AveragedSource(VisibilitySource& source, const Direction& center, const AveragingLimits& limits);

  const Observation& observation() const override { return plan_.observation; }
  void read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) override;

  /// What became of a row, known when read() has returned.
  struct RowTimes {
    double centroid_offset_s = 0;  ///< weighted mean time of its samples, minus the middle of the integration
    double exposure_s = 0;         ///< integration time of samples that were not flagged, mean over channels and pols
  };
  std::vector<RowTimes> row_times() const;

 private:
  struct Bin;
  class Bins;
  struct Moments {
    double weight = 0, weight_offset_s = 0, good_s = 0;
  };

  VisibilitySource& source_;
  AveragingPlan plan_;
  Rephasing rephasing_;
  std::vector<std::uint32_t> first_row_of_bin_;  ///< and one more
  std::vector<std::uint32_t> n_samples_of_bin_;  ///< rows of the source
  std::vector<Moments> moments_;                 ///< per row
};

}  // namespace contimg::ms
