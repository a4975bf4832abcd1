#pragma once

#include <unordered_set>
#include <vector>

#include "core/job_context.h"
#include "core/nd_array.h"
#include "imaging/facet.h"
#include "imaging/gridder.h"
#include "imaging/primary_beam.h"
#include "imaging/stokes_visibilities.h"
#include "imaging/tile_response.h"

namespace contimg::imaging {

/// Components of a model from which on degridding them takes less time than direct sums: 170 of a full tile of 4096^2
/// pixels.
/// @param n_runs  evenly spaced runs of channels (runs_of)
std::size_t most_direct(std::size_t n_rows, std::size_t n_channels, std::size_t n_runs, std::size_t n_pixels);

/// The weighted visibilities of a tile on their way to images on one grid, and what was subtracted from them there.
class TileVisibilities {
 public:
  /// @param data            changed by subtract(); outlives this
  /// @param sum_of_weights  of all of data: images are in Jy/beam
  TileVisibilities(StokesVisibilities& data, const TileResponse& response, const SkyGrid& grid,
                   const GridderOptions& options, double sum_of_weights);

  const Facet& facet() const { return facet_; }
  StokesVisibilities& data() { return data_; }

  void image_and_psf(NdView<float, 2> image, NdView<float, 2> psf, const JobContext& context) const;

  /// The image of what is left of the visibilities.
  void image(NdView<float, 2> image, const JobContext& context) const;

  /// The same two weighted with a band term of the response: a source whose spectrum has the coefficient 1 is 1 high.
  void term_psf(std::size_t term, NdView<float, 2> image, const JobContext& context) const;
  void term_image(std::size_t term, NdView<float, 2> image, const JobContext& context) const;

  /// Subtracts sources between pixels, as the drifting beam shows them.
  void subtract_sources(const std::vector<Component>& sources, const JobContext& context);
  /// The same, and takes `model`, which stands for them, as subtracted.
  void subtract_sources(const std::vector<Component>& sources, NdView<const float, 2> model, const JobContext& context);

  /// Subtracts what `model` (ny, nx), Jy/pixel, has more than at the last call; as the drifting beam shows it.
  void subtract(NdView<const float, 2> model, const JobContext& context);

  /// Subtracts sources between pixels instead of what `model` has at some pixels, which counts as subtracted.
  void replace(const std::vector<std::size_t>& pixels, const std::vector<Component>& sources,
               NdView<const float, 2> model, const JobContext& context);

  /// Subtracts components that lie on pixels, or beyond the image, as the drifting beam shows them; many of them that
  /// lie on pixels to 1 %.
  void subtract(std::vector<Component> components, const JobContext& context);

 private:
  void to_image(NdView<const std::complex<float>, 2> visibilities, NdView<float, 2> image,
                const JobContext& context) const;
  void normalize(NdView<float, 2> image) const;

  StokesVisibilities& data_;
  const TileResponse& response_;
  Facet facet_;
  GridderOptions options_;
  double scale_;
  NdArray<float, 2> subtracted_;
  std::size_t most_direct_;                   ///< components: of more, the faint ones are degridded
  std::unordered_set<std::size_t> replaced_;  ///< pixels for which sources were subtracted
};

}  // namespace contimg::imaging
