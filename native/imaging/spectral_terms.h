#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/job_context.h"
#include "core/nd_array.h"
#include "imaging/clean.h"
#include "imaging/component_finder.h"
#include "imaging/primary_beam.h"
#include "imaging/restoring_beam.h"
#include "imaging/tile_visibilities.h"

namespace contimg::imaging {

/// The spectra of a tile's sources, as they differ from that of TileResponse: the terms beyond the first of a joint
/// multi-frequency clean (Sault & Wieringa 1994, A&AS 108, 585; Rau & Cornwell 2011, A&A 532, A71).
///
/// Band terms are orthonormal, so that the residual weighted with one of them shows the coefficients of that one alone
/// where a source is, of which the residual is known to be free otherwise. Each is cleaned by itself, where the model
/// has a component, after the model was subtracted; what that gets wrong the next major cycle shows.
class SpectralTerms {
 public:
  /// @param response      with band terms; none: nothing is done
  /// @param options       of the clean of the image
  /// Memory: four images per term.
  SpectralTerms(TileVisibilities& visibilities, const TileResponse& response, const SkyGrid& grid,
                const CleanOptions& options, const JobContext& context);

  /// Finds in what is left of the visibilities how the spectra of the components of `model` differ, and subtracts that.
  /// @param model  (ny, nx), Jy/pixel: already subtracted
  void update(NdView<const float, 2> model, const JobContext& context);

  /// Undoes the last update, in the visibilities too.
  void take_back(const JobContext& context);

  /// Coefficients found, (ny, nx), Jy/pixel.
  NdView<const float, 2> model(std::size_t term) const { return terms_[term].model.view(); }

  /// The image of a term: its coefficients as beams, on its residual, Jy/beam.
  NdArray<float, 2> restored(std::size_t term, const RestoringBeam& beam, const JobContext& context) const;

 private:
  struct Term {
    NdArray<float, 2> psf, model;
    NdArray<float, 2> found;  ///< of `model`, in the last update; empty: nothing
  };

  /// Takes coefficients of term k, (ny, nx), Jy/pixel, off the visibilities.
  void subtract(std::size_t k, NdView<const float, 2> coefficients, const JobContext& context);

  TileVisibilities& visibilities_;
  SkyGrid grid_;
  CleanOptions options_;
  std::vector<Term> terms_;
};

}  // namespace contimg::imaging
