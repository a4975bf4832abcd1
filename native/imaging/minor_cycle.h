#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "core/job_context.h"
#include "core/nd_view.h"

namespace contimg::imaging {

/// The pixels of a residual image that one minor cycle keeps up to date, in the order of the image.
struct ActivePixels {
  std::vector<int> index, x;        ///< in the image, and within its row
  std::vector<float> value, level;  ///< residual, and what it is cleaned down to, in magnitude
};

/// Writes the levels of row y, (nx): a pixel is cleaned while its magnitude exceeds its level. Infinity: never.
using LevelsOfRow = std::function<void(std::size_t y, float* levels)>;

/// All pixels above their level, and the highest of the others, 2^17 in all. NaN pixels are left out.
ActivePixels select_active(NdView<const float, 2> residual, const LevelsOfRow& levels_of_row);

struct MinorCycleOptions {
  double gain = 0.1;               ///< part of a peak that one component takes
  std::size_t max_components = 0;  ///< in this cycle
  unsigned threads = 0;
};

/// Takes `gain` of the highest active pixel above its level into the model, as a component, and subtracts it times the
/// PSF, again and again, until no active pixel is above its level, or the highest has begun to grow.
///
/// @param psf    (ny, nx) as the image, 1 at (ny/2, nx/2); 0 beyond
/// @param model  (ny, nx), Jy/pixel; components are added
/// @returns the number of components
/// Deterministic, whatever the number of threads.
std::size_t minor_cycle(ActivePixels& active, NdView<const float, 2> psf, const MinorCycleOptions& options,
                        NdView<float, 2> model, const JobContext& context);

}  // namespace contimg::imaging
