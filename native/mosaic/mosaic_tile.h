#pragma once

#include <memory>
#include <optional>

#include "core/pixel_access.h"
#include "mosaic/beam_convolver.h"
#include "mosaic/celestial_grid.h"
#include "mosaic/kernel_table.h"
#include "mosaic/radial_beam.h"

namespace contimg::mosaic {

/// One image to go into a mosaic: I = A S + noise of rms sigma.
struct MosaicTile {
  std::shared_ptr<const PixelSource> image;         ///< I, Jy/beam; NaN where no value
  std::shared_ptr<const PixelSource> primary_beam;  ///< A on the pixels of `image`, 1 at the pointing; or null: then
  std::optional<RadialBeam> radial_beam;            ///< A as a function of the angle
  std::shared_ptr<const PixelSource> noise;         ///< sigma on the pixels of `image`, Jy/beam; or null: then
  double sigma = 0;                                 ///< sigma everywhere, > 0
  double scale = 1;                                 ///< I and sigma are multiplied by it first
  CelestialGrid grid;                               ///< of all of them
  std::optional<BeamConvolver> convolver;           ///< applied to I
  double noise_growth = 1;                          ///< what it multiplies sigma by
  /// Of the restoring beam, once convolved, pixel^2: the shape of the noise, by which its rms after interpolation is
  /// known. Without it interpolation is taken to leave the rms as it is.
  std::optional<Covariance> noise_beam;
};

/// @throws Error{INVALID_ARGUMENT} arrays that are not of the grid's shape, no primary beam, sigma or scale not > 0
void check_tile(const MosaicTile& tile);

struct SamplingOptions {
  double cutoff = 0.1;  ///< a tile counts where A >= cutoff
  Kernel kernel = Kernel::kOptimal;
};

}  // namespace contimg::mosaic
