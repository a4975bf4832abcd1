#pragma once

#include <cstddef>
#include <vector>

#include "imaging/joint_tile.h"

namespace contimg::imaging {

struct JointOptions {
  /// Of these all but channels_out, phase_center, nx, ny, field_level, spectral_terms, start_model, multiscale,
  /// scales_rad and the mask of clean. Thresholds in Jy/beam are those where the mosaic is deepest.
  TileOptions tile;
  std::size_t max_pixels = 100000000;
};

/// What one tile gave to a joint mosaic.
struct JointTileResult : TileSummary {
  Direction center;
  double rms_jy = 0;             ///< of its residual, at a primary beam of 1
  std::size_t n_pixels = 0;      ///< of the mosaic, that it counts for
  std::vector<Component> outer;  ///< sources beyond the mosaic that were subtracted, about the center
};

/// (ny, nx) each; NaN where no tile counts, but for weight, coverage and model.
struct JointImages {
  NdArray<float, 2> mosaic;            ///< restored, not attenuated, Jy/beam
  NdArray<float, 2> residual, weight;  ///< of it; the sum of A^2 / sigma^2, (beam/Jy)^2
  NdArray<float, 2> coverage, model;   ///< tiles that count; Jy/pixel, not attenuated
  SkyGrid grid;
  double freq_hz = 0;  ///< of the fluxes: mean of all channels
  RestoringBeam beam;
  CleanResult clean;  ///< peaks and rms: as where the mosaic is deepest
  std::vector<JointTileResult> tiles;
};

/// From the visibilities of overlapping tiles to one mosaic, cleaned as a whole.
///
/// A source that stands out of the mosaic alone is cleaned, and the sidelobes of any go from every tile that sees it,
/// within its own image or not. Every tile's visibilities are gridded straight to the mosaic's pixels; they are read in
/// turn, once per major cycle.
///
/// @param sources  at least one; each may be opened again and again
/// @throws as image_tile; Error{MOSAIC} tiles too far apart, or a mosaic too large
/// Memory: one tile's visibilities as image_tile, 8 bytes per pixel of every tile, 64 per pixel of the mosaic. The same
/// bits whatever the number of threads.
JointImages image_jointly(const std::vector<OpenSource>& sources, const JointOptions& options,
                          const JobContext& context);

}  // namespace contimg::imaging
