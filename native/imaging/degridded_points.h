#pragma once

#include "core/point_predictor.h"

namespace contimg::imaging {

/// Predicts points by degridding: their number hardly matters.
///
/// All points go onto images of the sky, between whose pixels they lie (pixel_spreader.h); what turns with the sky is
/// put into u, v and w (turning_sky.h), what varies with time and frequency into a sum over a few images
/// (flux_basis.h). The visibilities of images are those of gridder.h, at the nodes alone.
class PointDegridder final : public PointPredictor {
 public:
  std::unique_ptr<PlannedPrediction> plan(const Observation& observation, const SeenPoints& points,
                                          const NodeVisibilities& nodes, double epsilon,
                                          unsigned threads) const override;
};

}  // namespace contimg::imaging
