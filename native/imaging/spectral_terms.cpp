#include "imaging/spectral_terms.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

namespace contimg::imaging {
namespace {

constexpr double kMaskSigma = 5, kThresholdSigma = 2;  // of a term's residual
constexpr double kLowestPart = 0.2;                    // of its peak, that one update goes down to

/// Where the model has a component or a neighbor has: a source between pixels shows its spectrum there.
NdArray<std::uint8_t, 2> around(NdView<const float, 2> model) {
  const std::size_t ny = model.shape(0), nx = model.shape(1);
  NdArray<std::uint8_t, 2> mask({ny, nx});
  for (std::size_t y = 0; y < ny; ++y)
    for (std::size_t x = 0; x < nx; ++x) {
      if (model(y, x) == 0) continue;
      for (std::size_t v = y > 0 ? y - 1 : 0; v <= std::min(y + 1, ny - 1); ++v)
        for (std::size_t u = x > 0 ? x - 1 : 0; u <= std::min(x + 1, nx - 1); ++u) mask(v, u) = 1;
    }
  return mask;
}

}  // namespace

SpectralTerms::SpectralTerms(TileVisibilities& visibilities, const TileResponse& response, const SkyGrid& grid,
                             const CleanOptions& options, const JobContext& context)
    : visibilities_(visibilities), grid_(grid), options_(options) {
  options_.mask_sigma = kMaskSigma;
  options_.threshold_sigma = kThresholdSigma;
  options_.threshold_jy = 0;
  for (std::size_t k = 0; k < response.band_terms.size(); ++k) {
    terms_.push_back({NdArray<float, 2>::uninitialized({grid.ny, grid.nx}), NdArray<float, 2>({grid.ny, grid.nx}), {}});
    visibilities_.term_psf(k, terms_.back().psf.view(), context);
  }
}

void SpectralTerms::update(NdView<const float, 2> model, const JobContext& context) {
  for (Term& term : terms_) term.found = {};
  if (terms_.empty()) return;
  const NdArray<std::uint8_t, 2> mask = around(model);
  if (std::none_of(mask.begin(), mask.end(), [](std::uint8_t value) { return value != 0; })) return;
  options_.mask = mask.view();
  auto residual = NdArray<float, 2>::uninitialized({grid_.ny, grid_.nx});
  for (std::size_t k = 0; k < terms_.size(); ++k) {
    Term& term = terms_[k];
    visibilities_.term_image(k, residual.view(), context);
    const auto finder = find_points(term.psf.view(), term.model.view(), options_);
    if (!finder->prepare(residual.view(), kLowestPart).anything) continue;
    NdArray<float, 2> found({grid_.ny, grid_.nx});
    finder->run(residual.view(), found.view(), options_.max_iterations, context);
    subtract(k, found.view(), context);
    std::transform(term.model.begin(), term.model.end(), found.begin(), term.model.begin(), std::plus<>());
    term.found = std::move(found);
  }
  options_.mask = {};
}

void SpectralTerms::take_back(const JobContext& context) {
  for (std::size_t k = 0; k < terms_.size(); ++k) {
    Term& term = terms_[k];
    if (term.found.empty()) continue;
    std::transform(term.model.begin(), term.model.end(), term.found.begin(), term.model.begin(), std::minus<>());
    for (float& coefficient : term.found) coefficient = -coefficient;
    subtract(k, term.found.view(), context);
    term.found = {};
  }
}

void SpectralTerms::subtract(std::size_t k, NdView<const float, 2> coefficients, const JobContext& context) {
  std::vector<Component> components = visibilities_.facet().components_of(coefficients);
  for (Component& component : components) {
    component.term_jy[k] = static_cast<float>(component.flux_jy);
    component.flux_jy = 0;
  }
  visibilities_.subtract(std::move(components), context);
}

NdArray<float, 2> SpectralTerms::restored(std::size_t k, const RestoringBeam& beam, const JobContext& context) const {
  auto image = NdArray<float, 2>::uninitialized({grid_.ny, grid_.nx});
  visibilities_.term_image(k, image.view(), context);
  restore(terms_[k].model.view(), beam, grid_.cell_rad, image.view());
  return image;
}

}  // namespace contimg::imaging
