#pragma once

#include <complex>

#include "calibration/model_visibilities.h"

namespace contimg::calibration {

struct PredictedVisibilities {
  NdArray<std::complex<float>, 2> visibilities;  ///< Stokes I, (rows, channels)
  Prediction method;                             ///< how they were predicted
};

/// The visibilities of a sky model at all rows and channels of an observation.
/// @throws Error{INVALID_ARGUMENT} as ModelVisibilities
PredictedVisibilities predict(const Observation& observation, const SkyModel& model, const PredictionOptions& options,
                              const JobContext& context);

}  // namespace contimg::calibration
