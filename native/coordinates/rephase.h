#pragma once

#include <memory>
#include <vector>

#include "core/observation.h"
#include "core/visibility_source.h"

namespace contimg {

/// What it takes to move an observation to one phase center.
struct Rephasing {
  std::vector<Vec3> uvw_m;      ///< per row, for the new center
  std::vector<double> delay_s;  ///< per row, (w_new - w_old) / c, both recomputed
  bool identity = true;         ///< every integration is at the new center already: uvw_m is the old one, delays are 0
};

/// Plans the move: uvw recomputed from antenna positions for the new center, exactly, no small-angle form. The delay is
/// the difference of two recomputed w, so that what another program's precession or Earth orientation makes of the old
/// one does not move the sky. Integrations whose phase center equals `center` to the bit keep their uvw.
/// Cost: 0.2 ms per integration.
Rephasing plan_rephase(const Observation& observation, const Direction& center);

/// V *= exp(2 pi i nu (w_new - w_old) / c) for every visibility of the block. docs/conventions.md section 2.
void rephase(VisibilityBlock& block, const Rephasing& rephasing, const std::vector<double>& freq_hz);

/// Any source, moved to one phase center.
class RephasedSource final : public VisibilitySource {
 public:
  RephasedSource(std::unique_ptr<VisibilitySource> source, const Direction& center);

  const Observation& observation() const override { return observation_; }
  void read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) override;

 private:
  std::unique_ptr<VisibilitySource> source_;
  Rephasing rephasing_;
  Observation observation_;
};

}  // namespace contimg
