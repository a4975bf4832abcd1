#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/visibility_source.h"
#include "imaging/facet.h"
#include "imaging/joint_grid.h"
#include "imaging/outer_sources.h"
#include "imaging/tile_imager.h"
#include "imaging/tile_visibilities.h"

namespace contimg::imaging {

using OpenSource = std::function<std::unique_ptr<VisibilitySource>()>;

/// A point source of a joint mosaic.
struct SkyComponent {
  double l = 0, m = 0;  ///< direction cosines from the mosaic's center, ICRS
  double flux_jy = 0;   ///< not attenuated
};

/// What tiles are to be taken off.
struct SkyComponents {
  std::vector<SkyComponent> on_pixels, between_pixels;
};

/// A tile of a joint mosaic. Its visibilities are read where they are needed, and gone thereafter; its image stays.
class JointTile {
 public:
  /// @param freq_hz  of the fluxes, the same for all tiles
  /// @param options  those that shape an image and its clean are the mosaic's: not looked at; outlives this
  JointTile(OpenSource open, const JointWindow& window, double freq_hz, const TileOptions& options);

  /// Makes the dirty image, of what sources beyond the mosaic leave.
  /// @param is_inner  as find_outer; empty: none are looked for
  /// @returns the PSF, (ny, nx) as the facet
  NdArray<float, 2> make_dirty(const OuterSources::IsInner& is_inner, const JobContext& context);

  /// Makes the image of what components leave of the visibilities, and the sources beyond the mosaic that are known.
  /// @param components  all so far; those beyond the facet count where the tile sees them
  void subtract(const SkyComponents& components, const JobContext& context);

  /// The same, with the sources beyond the mosaic fitted anew, and others looked for.
  /// @param is_inner  what lies in the mosaic, where clean finds it: about the facet's center
  void find_outer(const SkyComponents& components, const OuterSources::IsInner& is_inner, const JobContext& context);

  /// subtract(), with the sources beyond the mosaic that were known before the last find_outer().
  void take_outer_back(const SkyComponents& components, const JobContext& context);

  const JointWindow& window() const { return window_; }
  const Direction& center() const { return response_.center; }
  NdView<const float, 2> residual() const { return residual_.view(); }
  /// How high the image shows sources of 1 Jy at `freq_hz` with the spectrum of the options: the response of the dishes
  /// averaged over pointings and band, as the image is. Beams of the mean channel would have tiles disagree by 0.5 %.
  NdView<const float, 2> primary_beam() const { return primary_beam_.view(); }
  double rms_jy() const { return rms_jy_; }  ///< of the residual, Jy/beam
  const TileSummary& summary() const { return summary_; }
  const std::vector<Component>& outer() const { return outer_; }  ///< about center()

 private:
  StokesVisibilities read(VisibilitySource& source, const JobContext& context) const;
  void subtract_from(TileVisibilities& visibilities, const SkyComponents& components, const JobContext& context) const;
  void make_residual(const SkyComponents& components, const std::function<void(TileVisibilities&)>& subtract_outer,
                     const JobContext& context);
  std::vector<Component> apparent(const std::vector<SkyComponent>& components, const Facet& facet) const;

  OpenSource open_;
  JointWindow window_;
  const TileOptions& options_;
  TileResponse response_;
  double freq_hz_;
  std::optional<AveragedResponse> beam_;  ///< about the mosaic's center, ...
  double beam_scale_ = 1;                 ///< ... times this: see primary_beam()
  NdArray<float, 2> residual_, primary_beam_;
  TileSummary summary_;
  std::vector<Component> outer_, outer_before_;
  double rms_jy_ = 0;
};

}  // namespace contimg::imaging
