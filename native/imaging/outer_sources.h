#pragma once

#include <functional>
#include <vector>

#include "core/job_context.h"
#include "core/nd_array.h"
#include "imaging/component_fit.h"
#include "imaging/gridder.h"
#include "imaging/primary_beam.h"
#include "imaging/stokes_visibilities.h"
#include "imaging/tile_response.h"

namespace contimg::imaging {

/// Sources beyond the image of a tile, as far as the first sidelobe of the primary beam reaches. Their sidelobes cross
/// the image, and no clean of it removes them.
///
/// They are looked for in coarse images of all that field, from short baselines alone: those need few pixels and few
/// w planes. A clean of these parts sources from sidelobes. Flux and position are then fitted to all visibilities, as
/// no image of short baselines gives them well enough to subtract a source from the long ones. A source is fitted until
/// its step is lost in the noise, before the next are looked for: what a poor fit leaves would be taken for more
/// sources. What is found stays subtracted, and is fitted anew as the sources of the image itself go.
class OuterSources {
 public:
  using IsInner = std::function<bool(const Component&)>;

  /// @param data      weighted; changed by find()
  /// @param inner     the tile's own grid
  /// @param is_inner  what is left alone; default: what lies within that by more than a pixel
  OuterSources(StokesVisibilities& data, const TileResponse& response, const SkyGrid& inner, unsigned threads,
               IsInner is_inner = {});

  /// Subtracts sources that are known from before; find() fits them with the others.
  void start_from(const std::vector<Component>& known, const JobContext& context);

  /// Looks for sources that stand out of what is left of the visibilities, subtracts them, and fits all of them anew.
  /// @param n_rounds  each finds the sources that the brighter ones of the round before had hidden
  /// @param depth     the faintest that are looked for, in parts of the highest pixel of the coarse image, which may be
  ///                  of the tile's own sources: sidelobes of sources that wander through the beam are not quite those
  ///                  of the PSF, and those of many add up
  void find(std::size_t n_rounds, double depth, const JobContext& context);

  std::vector<Component> components() const;

 private:
  struct Source {
    Component component;
    double found_jy = 0;   ///< flux that the coarse image gave it
    bool settled = false;  ///< the last step of its fit was small
  };

  struct Step {
    Component before, after;
  };

  static Component between(const Step& step, double part);
  static std::vector<Component> changes_of(const std::vector<Step>& steps);

  void prepare(const JobContext& context);
  NdArray<float, 2> coarse_image(const JobContext& context) const;
  ImageGrid coarse_grid() const { return {field_.nx, field_.ny, field_.cell_rad * response_.aberration}; }
  NdArray<float, 2> coarse_model(double depth, float& level, const JobContext& context) const;
  std::vector<Component> candidates(double depth, const JobContext& context) const;
  std::vector<Component> new_sources(double depth, const JobContext& context) const;
  void settle(const JobContext& context);
  double step_length(const std::vector<Component>& removed, const std::vector<Step>& steps,
                     const JobContext& context) const;
  void fit(std::vector<Source>::iterator first, const JobContext& context);

  StokesVisibilities& data_;
  const TileResponse& response_;
  SkyGrid field_;            ///< of the coarse images; nx = 0 where the tile's grid holds it all
  IsInner is_inner_;         ///< by its fit
  IsInner is_surely_inner_;  ///< by a coarse image already
  unsigned threads_;
  NdArray<float, 2> short_weights_, psf_;  ///< of coarse images
  double sum_of_short_weights_ = 0;
  std::vector<Source> sources_;
  std::vector<Component> rejected_;  ///< candidates of this search that the fit did not confirm
};

}  // namespace contimg::imaging
