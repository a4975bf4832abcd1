#pragma once

#include <memory>
#include <vector>

#include "calibration/gain_curves.h"
#include "core/visibility_source.h"

namespace contimg::calibration {

/// Any source with its visibilities calibrated as they are read: V / (g_1 conj(g_2)), weights times |g_1 g_2|^2, and
/// what has no solution flagged and of weight 0. Polarization leakage is not corrected.
class CalibratedSource final : public VisibilitySource {
 public:
  /// @throws Error{INVALID_ARGUMENT} solutions that do not go with the source, see GainCurves
  CalibratedSource(std::unique_ptr<VisibilitySource> source, const SolutionSet& solutions, unsigned threads = 0);

  const Observation& observation() const override { return observation_; }
  void read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) override;
  void read_rows(RowRange rows, const std::function<void(VisibilityBlock&)>& consume,
                 const JobContext& context) override;

 private:
  void calibrate(VisibilityBlock& block) const;
  void calibrate_rows(VisibilityBlock& block, std::size_t begin, std::size_t end) const;

  std::unique_ptr<VisibilitySource> source_;
  Observation observation_;
  GainCurves curves_;
  unsigned threads_;
};

}  // namespace contimg::calibration
