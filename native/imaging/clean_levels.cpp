#include "imaging/clean_levels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/error.h"

namespace contimg::imaging {

void CleanLevels::update(NdView<const float, 2> residual) {
  noise_.emplace(residual, options_.noise_box, options_.threads);
}

float CleanLevels::level_of(float sigma, double sigmas) const {
  return static_cast<float>(std::max(options_.threshold_jy, sigmas * sigma));
}

void CleanLevels::fill_row(std::size_t y, NdView<const float, 2> model, double floor, float* levels) const {
  const std::size_t nx = model.shape(1);
  noise_->fill_row(y, levels);
  for (std::size_t x = 0; x < nx; ++x) {
    const double sigmas = model(y, x) != 0 ? options_.threshold_sigma : options_.mask_sigma;
    levels[x] = std::max(static_cast<float>(floor), level_of(levels[x], sigmas));
    if (!options_.mask.empty() && options_.mask(y, x) == 0) levels[x] = std::numeric_limits<float>::infinity();
  }
}

CleanLevels::Highest CleanLevels::highest(NdView<const float, 2> residual, NdView<const float, 2> model,
                                          double floor) const {
  Highest result;
  std::vector<float> sigma(residual.shape(1));
  for (std::size_t y = 0; y < residual.shape(0); ++y) {
    noise_->fill_row(y, sigma.data());
    for (std::size_t x = 0; x < residual.shape(1); ++x) {
      if (!options_.mask.empty() && options_.mask(y, x) == 0) continue;
      const float magnitude = std::abs(residual(y, x)), level = level_of(sigma[x], options_.mask_sigma);
      if (!(magnitude > 0)) continue;  // NaN too
      result.over_level = std::max<double>(result.over_level, magnitude / level);
      if (magnitude > floor && magnitude > (model(y, x) != 0 ? level_of(sigma[x], options_.threshold_sigma) : level))
        result.jy = std::max<double>(result.jy, magnitude);
    }
  }
  return result;
}

}  // namespace contimg::imaging
