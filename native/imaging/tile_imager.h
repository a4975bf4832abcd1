#pragma once

#include <optional>
#include <vector>

#include "core/visibility_source.h"
#include "imaging/clean.h"
#include "imaging/primary_beam.h"
#include "imaging/restoring_beam.h"
#include "imaging/start_model.h"
#include "imaging/stokes_visibilities.h"
#include "imaging/tile_response.h"
#include "imaging/tile_summary.h"
#include "imaging/weighting.h"

namespace contimg::imaging {

struct TileOptions {
  Stokes stokes = Stokes::kI;
  std::optional<ChannelRange> channels;   ///< default: all
  std::size_t channels_out = 1;           ///< above 1: so many images more, each of a part of the channels
  std::optional<Direction> phase_center;  ///< default: tile_center of the observation
  std::size_t nx = 0, ny = 0;             ///< even; 0: out to `field_level` of the primary beam
  double cell_rad = 0;                    ///< ICRS; 0: five pixels per minor axis of the beam
  double field_level = 0.1;
  Weighting weighting;
  double epsilon = 1e-5;           ///< of the gridder
  double spectral_index = -0.7;    ///< that the model's sources are taken to have within the band
  std::size_t spectral_terms = 1;  ///< 1 to 1 + kMostBandTerms; above 1: find how spectra differ from that
  std::vector<StartSource> start_model;
  CleanOptions clean;              ///< noise_box and threads are set from here:
  bool multiscale = false;         ///< components are points and Gaussians of several widths:
  std::vector<double> scales_rad;  ///< full widths at half maximum; empty: the beam's, twice that, and so on
  double local_rms_window = 0;     ///< side of the boxes of local noise, in beams; 0: one noise for the whole image
  double primary_beam_cutoff = 0.1;
  double dish_diameter_m = 0;  ///< of the primary beam; 0: the antennas'; theirs 0: no primary beam, grid to be given
  bool outer_sources = true;   ///< find and subtract sources beyond the image, where it is cleaned
  bool point_sources = true;   ///< subtract bright points of the image where they are, between pixels
  unsigned threads = 0;
};

/// The images of a tile, (ny, nx) each, and what is known about them.
struct TileImages : TileSummary {
  NdArray<float, 2> dirty, psf, model, residual, restored, primary_beam;  ///< not corrected for the primary beam
  NdArray<float, 2> restored_pb;                                          ///< divided by it, see divide_by_beam
  NdArray<float, 2> weight;                                               ///< see inverse_variance
  NdArray<float, 2> spectral_index;  ///< with TileOptions::spectral_terms: where it is known to 0.5; NaN elsewhere
  SkyGrid grid;
  double dish_diameter_m = 0;  ///< 0: primary_beam is 1
  RestoringBeam beam;
  CleanResult clean;
  std::vector<Component> outer;   ///< sources beyond the image that were subtracted
  std::vector<Component> points;  ///< sources of the image that were subtracted where they are
  double rms_jy = 0;              ///< MAD sigma of the residual, Jy/beam
  double dirty_rms_jy = 0;        ///< of the dirty image
  ChannelRange channels;          ///< of the observation
  std::size_t part = 0;           ///< of `channels_out`

  /// The same of each of `channels_out` equal parts of the channels, ascending in frequency, on the same grid; without
  /// those parts in which no visibility has a weight.
  std::vector<TileImages> parts;
};

/// From visibilities to the cleaned image of a tile. The model is taken off the visibilities as the drifting beam
/// shows it (subtract_components), not as a sky that stands still before the dishes.
///
/// @throws Error{NO_VALID_DATA} nothing to image, or too little to make a beam; Error{INVALID_ARGUMENT} a grid that the
///         gridder refuses; what the source throws
/// Memory: 20 bytes per row and channel and some 70 bytes per pixel, for images of parts 32 bytes per pixel each and
/// 12 bytes per row and channel of the part. The same bits whatever the number of threads.
TileImages image_tile(VisibilitySource& source, const TileOptions& options, const JobContext& context);

}  // namespace contimg::imaging
