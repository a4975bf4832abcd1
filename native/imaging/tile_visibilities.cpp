#include "imaging/tile_visibilities.h"

#include <algorithm>
#include <cmath>

#include "core/fringe.h"
#include "core/parallel.h"
#include "imaging/component_visibilities.h"
#include "imaging/gridded_components.h"

namespace contimg::imaging {
namespace {

// Seconds of one core, measured on 7 to 84 Mvis and 2048^2 to 4096^2 pixels; only their ratios matter.
constexpr double kDirectSeconds = 0.55e-9;  // per component and visibility
constexpr double kRunSeconds = 10e-9;       // per component, row and run of channels
constexpr double kGriddedSeconds = 100e-9;  // any number of components: per visibility
constexpr double kPixelSeconds = 125e-9;    // likewise, per pixel
// The gains of gridded components are off by up to 1 %: no need for an image that is far better.
constexpr double kGriddedEpsilon = 1e-3;

double magnitude(const Component& component) {
  double sum = std::abs(component.flux_jy);
  for (const float coefficient : component.term_jy) sum += std::abs(coefficient);
  return sum;
}

/// Takes all but the `n` brightest out of `components`.
std::vector<Component> take_faint(std::vector<Component>& components, std::size_t n) {
  const auto brightest = components.begin() + static_cast<std::ptrdiff_t>(n);
  std::nth_element(components.begin(), brightest, components.end(),
                   [](const Component& a, const Component& b) { return magnitude(a) > magnitude(b); });
  std::vector<Component> faint(brightest, components.end());
  components.erase(brightest, components.end());
  return faint;
}

}  // namespace

std::size_t most_direct(std::size_t n_rows, std::size_t n_channels, std::size_t n_runs, std::size_t n_pixels) {
  const double rows = static_cast<double>(n_rows), visibilities = rows * static_cast<double>(n_channels);
  const double direct = kDirectSeconds * visibilities + kRunSeconds * rows * static_cast<double>(n_runs);
  return static_cast<std::size_t>((kGriddedSeconds * visibilities + kPixelSeconds * static_cast<double>(n_pixels)) /
                                  direct);
}

TileVisibilities::TileVisibilities(StokesVisibilities& data, const TileResponse& response, const SkyGrid& grid,
                                   const GridderOptions& options, double sum_of_weights)
    : data_(data),
      response_(response),
      facet_(grid, response, data.uvw_m.view()),
      options_(options),
      scale_(1 / sum_of_weights),
      subtracted_({grid.ny, grid.nx}),
      most_direct_(most_direct(data.weights.shape(0), data.weights.shape(1), runs_of(response.freq_hz).size(),
                               grid.nx * grid.ny)) {}

void TileVisibilities::image_and_psf(NdView<float, 2> image, NdView<float, 2> psf, const JobContext& context) const {
  visibilities_to_image_and_psf<float>(facet_.uvw_m(), data_.frequencies(), data_.visibilities.view(),
                                       data_.weights.view(), facet_.image(), options_, image, psf, context);
  normalize(image);
  normalize(psf);
}

void TileVisibilities::image(NdView<float, 2> image, const JobContext& context) const {
  to_image(data_.visibilities.view(), image, context);
}

void TileVisibilities::term_psf(std::size_t term, NdView<float, 2> image, const JobContext& context) const {
  const std::vector<float>& values = response_.band_terms[term];
  auto squares = NdArray<std::complex<float>, 2>::uninitialized(data_.visibilities.shape());
  for (std::size_t i = 0; i < squares.size(); ++i)
    squares.data()[i] = values[i % values.size()] * values[i % values.size()];
  to_image(squares.view(), image, context);
}

void TileVisibilities::term_image(std::size_t term, NdView<float, 2> image, const JobContext& context) const {
  const std::vector<float>& values = response_.band_terms[term];
  auto weighted = NdArray<std::complex<float>, 2>::uninitialized(data_.visibilities.shape());
  parallel_for(weighted.shape(0), options_.threads, [&](std::size_t row) {
    for (std::size_t k = 0; k < values.size(); ++k) weighted(row, k) = values[k] * data_.visibilities(row, k);
  });
  to_image(weighted.view(), image, context);
}

void TileVisibilities::subtract_sources(const std::vector<Component>& sources, const JobContext& context) {
  subtract_components(sources, response_, data_.uvw_m.view(), data_.time_index, data_.visibilities.view(),
                      options_.threads, context);
}

void TileVisibilities::subtract_sources(const std::vector<Component>& sources, NdView<const float, 2> model,
                                        const JobContext& context) {
  subtract_sources(sources, context);
  std::copy(model.begin(), model.end(), subtracted_.begin());
}

void TileVisibilities::subtract(NdView<const float, 2> model, const JobContext& context) {
  auto added = NdArray<float, 2>::uninitialized(model.shape());
  for (std::size_t i = 0; i < model.size(); ++i) {
    added.data()[i] = model.data()[i] - subtracted_.data()[i];
    subtracted_.data()[i] = model.data()[i];
  }
  subtract(facet_.components_of(added.view()), context);
}

void TileVisibilities::replace(const std::vector<std::size_t>& pixels, const std::vector<Component>& sources,
                               NdView<const float, 2> model, const JobContext& context) {
  // At a pixel that newly counts something may be subtracted already; at the others all of it is replaced.
  const SkyGrid& sky = facet_.sky();
  std::vector<Component> changes = sources;
  for (const std::size_t pixel : pixels) {
    const float flux = subtracted_.data()[pixel];
    if (replaced_.insert(pixel).second && flux != 0)
      changes.push_back(component_at(sky, pixel % sky.nx, pixel / sky.nx, -flux));
    subtracted_.data()[pixel] = model.data()[pixel];
  }
  subtract_sources(changes, context);
}

void TileVisibilities::subtract(std::vector<Component> components, const JobContext& context) {
  std::vector<Component> faint;
  if (components.size() > most_direct_) {
    faint = take_faint(components, most_direct_);
    const auto beyond = std::stable_partition(faint.begin(), faint.end(),
                                              [&](const Component& component) { return facet_.holds(component); });
    components.insert(components.end(), beyond, faint.end());
    faint.erase(beyond, faint.end());
  }
  subtract_sources(components, context);
  if (faint.empty()) return;
  const GridderOptions options{std::max(options_.epsilon, kGriddedEpsilon), options_.threads};
  subtract_gridded_components(faint, response_, facet_, data_.time_index, data_.weights.view(), options,
                              data_.visibilities.view(), context);
}

void TileVisibilities::to_image(NdView<const std::complex<float>, 2> visibilities, NdView<float, 2> image,
                                const JobContext& context) const {
  visibilities_to_image<float>(facet_.uvw_m(), data_.frequencies(), visibilities, data_.weights.view(), facet_.image(),
                               options_, image, context);
  normalize(image);
}

void TileVisibilities::normalize(NdView<float, 2> image) const {
  for (float& pixel : image) pixel = static_cast<float>(pixel * scale_);
}

}  // namespace contimg::imaging
