#pragma once

#include <vector>

#include "core/observation.h"
#include "core/visibility_source.h"

namespace contimg {

/// What it takes to move an observation to one phase center.
struct Rephasing {
  std::vector<Vec3> uvw_m;      ///< per row, for the new center
  std::vector<double> delay_s;  ///< per row, (w_new - w_old) / c
  bool identity = true;         ///< every integration is at the new center already: uvw_m is the old one, delays are 0
};

/// Plans the move: uvw recomputed from antenna positions for the new center, exactly, no small-angle form.
/// Integrations whose phase center equals `center` to the bit keep their uvw.
Rephasing plan_rephase(const Observation& observation, const Direction& center);

/// V *= exp(2 pi i nu (w_new - w_old) / c) for every visibility of the block. docs/conventions.md section 2.
void rephase(VisibilityBlock& block, const Rephasing& rephasing, const std::vector<double>& freq_hz);

}  // namespace contimg
