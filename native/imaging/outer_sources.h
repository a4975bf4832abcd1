#pragma once

#include <vector>

#include "core/job_context.h"
#include "core/nd_array.h"
#include "imaging/component_fit.h"
#include "imaging/primary_beam.h"
#include "imaging/stokes_visibilities.h"
#include "imaging/tile_response.h"

namespace contimg::imaging {

/// Sources beyond the image of a tile, as far as the first sidelobe of the primary beam reaches. Their sidelobes cross
/// the image, and no clean of it removes them.
///
/// They are looked for in coarse images of all that field, from short baselines alone: those need few pixels and few
/// w planes. Flux and position are then fitted to all visibilities, as no image of short baselines gives them well
/// enough to subtract a source from the long ones. What is found stays subtracted, and is fitted anew as the sources
/// of the image itself go.
class OuterSources {
 public:
  /// @param data   weighted; changed by find()
  /// @param inner  the tile's own grid: what lies within is left alone
  OuterSources(StokesVisibilities& data, const TileResponse& response, const SkyGrid& inner, unsigned threads);

  /// Looks for sources that stand out of what is left of the visibilities, subtracts them, and fits all of them anew.
  /// @param n_rounds  each finds the sources that the brighter ones of the round before had hidden
  void find(std::size_t n_rounds, const JobContext& context);

  const std::vector<Component>& components() const { return components_; }

 private:
  void prepare(const JobContext& context);
  NdArray<float, 2> coarse_image(NdView<const std::complex<float>, 2> visibilities, const JobContext& context) const;
  double highest_sidelobe(const JobContext& context) const;
  void refine(const JobContext& context);
  std::vector<Component> peaks(const JobContext& context) const;

  StokesVisibilities& data_;
  const TileResponse& response_;
  SkyGrid inner_, field_;  ///< field_: of the coarse images; nx = 0 where the tile's grid holds it all
  unsigned threads_;
  NdArray<float, 2> short_weights_;
  double sum_of_short_weights_ = 0;
  double part_of_highest_ = 1;                    ///< peaks that are lower may be sidelobes of the highest
  std::vector<Component> components_, rejected_;  ///< rejected_: peaks that the fit to all visibilities did not confirm
};

}  // namespace contimg::imaging
