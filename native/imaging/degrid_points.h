#pragma once

#include <complex>

#include "core/job_context.h"
#include "core/nd_view.h"
#include "imaging/gridding_plan.h"
#include "imaging/phase_screens.h"
#include "imaging/uv_tiles.h"

namespace contimg::imaging {

/// The values of images at the points of a plan: steps 5 to 3 of gridder.cpp. Images of one plan share the sorting.
template <typename T>
class PointsOfImage {
 public:
  /// @param plan  outlives this
  PointsOfImage(const GriddingPlan& plan, unsigned threads);

  /// @param image    (ny, nx); overwritten
  /// @param weights  of the values; those of weight 0 are left as they are; null for 1
  void degrid(NdView<T, 2> image, const T* weights, std::complex<T>* values, const JobContext& context) const;

 private:
  const GriddingPlan& plan_;
  unsigned threads_;
  TiledPoints tiled_;
  PhaseScreens<T> screens_;
};

}  // namespace contimg::imaging
