#pragma once

#include <optional>

#include "core/nd_view.h"
#include "imaging/clean.h"
#include "imaging/noise_map.h"

namespace contimg::imaging {

/// Down to which magnitude each pixel of a residual image is cleaned; see CleanOptions.
class CleanLevels {
 public:
  explicit CleanLevels(const CleanOptions& options) : options_(options) {}

  /// Takes the noise from a residual; first of all.
  void update(NdView<const float, 2> residual);

  /// Levels along row y, (nx): those of a component where the model has one; infinity where the mask has none.
  /// @param floor  no level is lower
  void fill_row(std::size_t y, NdView<const float, 2> model, double floor, float* levels) const;

  /// Of the pixels within the mask.
  struct Highest {
    double jy = 0;          ///< largest magnitude of those above their levels and the floor
    double over_level = 0;  ///< largest ratio to the level of a pixel without a component
  };
  Highest highest(NdView<const float, 2> residual, NdView<const float, 2> model, double floor = 0) const;

 private:
  float level_of(float sigma, double sigmas) const;

  CleanOptions options_;
  std::optional<NoiseMap> noise_;
};

}  // namespace contimg::imaging
