#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/job_context.h"
#include "core/nd_view.h"

namespace contimg::imaging {

struct CleanOptions {
  std::size_t max_iterations = 50000;  ///< components in all; 0: no cleaning
  std::size_t max_major_cycles = 12;
  double gain = 0.1;           ///< part of a peak that one component takes, 0 to 1
  double major_gain = 0.8;     ///< part of the highest peak that one major cycle takes, 0 to 1
  double threshold_jy = 0;     ///< no pixel below it is cleaned, Jy/beam
  double mask_sigma = 5;       ///< a pixel is cleaned once it exceeds this many sigma of the residual ...
  double threshold_sigma = 2;  ///< ... and then down to this many; both 0: no automatic threshold
  std::size_t noise_box = 0;   ///< sigma is that of boxes of so many pixels (NoiseMap); 0: of the whole image
  std::vector<double> scales;  ///< full widths at half maximum of Gaussian components, pixels; empty: points alone
  double scale_bias = 0.6;     ///< below 1; small: prefer large scales
  double beam_pixels = 0;      ///< of which scales are multiples
  NdView<const std::uint8_t, 2> mask;  ///< (ny, nx): pixels that are 0 are never cleaned; empty: all may be
  unsigned threads = 0;
};

/// What one major cycle did; the residual is that after it.
struct CleanCycle {
  std::size_t n_components = 0;
  double model_flux_jy = 0;
  double peak_jy = 0;  ///< largest absolute residual
  double rms_jy = 0;   ///< MAD sigma of the residual
  double seconds = 0;  ///< that it took
};

enum class CleanStop { kThreshold, kIterations, kMajorCycles, kDiverged };

struct CleanResult {
  std::vector<CleanCycle> cycles;
  CleanStop stop = CleanStop::kThreshold;
};

/// Computes the residual image of a model from the visibilities: the "major" half of a cycle.
using ResidualOf =
    std::function<void(NdView<const float, 2> model, NdView<float, 2> residual, const JobContext& context)>;

/// Cotton-Schwab clean: minor cycles on the pixels that matter, each followed by an exact residual.
///
/// Components may be negative: a source between pixels is a sum of components of both signs. A cycle after which the
/// residual's peak has grown by half, or after which the model is nearly as negative as positive and has changed by
/// more than in the cycle before, is taken back, and cleaning stops.
///
/// @param psf       (ny, nx), 1 at (ny/2, nx/2); 0 where it is not known
/// @param residual  (ny, nx), the dirty image on entry, the residual of `model` on return, Jy/beam; NaN: not cleaned
/// @param model     (ny, nx), Jy/pixel; on entry what the dirty image is already free of, 0 or a start model
/// @throws Error{INVALID_ARGUMENT} a mask of another shape, or one that masks everything
/// Deterministic but for `seconds`, whatever the number of threads.
CleanResult clean(NdView<const float, 2> psf, NdView<float, 2> residual, NdView<float, 2> model,
                  const CleanOptions& options, const ResidualOf& residual_of, const JobContext& context);

}  // namespace contimg::imaging
