#include "imaging/tile_visibilities.h"

#include <algorithm>
#include <cmath>

#include "imaging/component_visibilities.h"
#include "imaging/gridded_components.h"

namespace contimg::imaging {
namespace {

// Directly a component of a full tile costs 0.02 s on 2 cores, any number of them degridded some 15 s. With 1200 and
// 400 a tile cleaned to its noise, with 1300 components in each of the last two cycles, took 104 s; so it takes 70.
constexpr std::size_t kMostDirect = 500, kDirectOfMany = 250;

/// Takes all but the `n` brightest out of `components`.
std::vector<Component> take_faint(std::vector<Component>& components, std::size_t n) {
  const auto brightest = components.begin() + static_cast<std::ptrdiff_t>(n);
  std::nth_element(components.begin(), brightest, components.end(),
                   [](const Component& a, const Component& b) { return std::abs(a.flux_jy) > std::abs(b.flux_jy); });
  std::vector<Component> faint(brightest, components.end());
  components.erase(brightest, components.end());
  return faint;
}

}  // namespace

TileVisibilities::TileVisibilities(StokesVisibilities& data, const TileResponse& response, const SkyGrid& grid,
                                   const GridderOptions& options, double sum_of_weights)
    : data_(data),
      response_(response),
      grid_(grid),
      options_(options),
      scale_(1 / sum_of_weights),
      subtracted_({grid.ny, grid.nx}) {}

void TileVisibilities::psf(NdView<float, 2> image, const JobContext& context) const {
  auto ones = NdArray<std::complex<float>, 2>::uninitialized(data_.visibilities.shape());
  std::fill(ones.begin(), ones.end(), 1.0f);
  to_image(ones.view(), image, context);
}

void TileVisibilities::image(NdView<float, 2> image, const JobContext& context) const {
  to_image(data_.visibilities.view(), image, context);
}

void TileVisibilities::subtract_sources(const std::vector<Component>& sources, NdView<const float, 2> model,
                                        const JobContext& context) {
  subtract_components(sources, response_, data_.uvw_m.view(), data_.time_index, data_.visibilities.view(),
                      options_.threads, context);
  std::copy(model.begin(), model.end(), subtracted_.begin());
}

void TileVisibilities::subtract(NdView<const float, 2> model, const JobContext& context) {
  std::vector<Component> components = take_difference(model), faint;
  if (components.size() > kMostDirect) faint = take_faint(components, kDirectOfMany);
  subtract_components(components, response_, data_.uvw_m.view(), data_.time_index, data_.visibilities.view(),
                      options_.threads, context);
  if (faint.empty()) return;
  const GridderOptions options{std::max(options_.epsilon, 1e-4), options_.threads};
  subtract_gridded_components(faint, response_, data_.uvw_m.view(), data_.time_index, data_.weights.view(),
                              apparent_grid(), options, data_.visibilities.view(), context);
}

/// What `model` has more than what was subtracted, which becomes the model.
std::vector<Component> TileVisibilities::take_difference(NdView<const float, 2> model) {
  std::vector<Component> components;
  for (std::size_t y = 0; y < grid_.ny; ++y)
    for (std::size_t x = 0; x < grid_.nx; ++x) {
      const double flux = double(model(y, x)) - subtracted_(y, x);
      if (flux == 0) continue;
      components.push_back({-(static_cast<double>(x) - static_cast<double>(grid_.nx / 2)) * grid_.cell_rad,
                            (static_cast<double>(y) - static_cast<double>(grid_.ny / 2)) * grid_.cell_rad, flux});
      subtracted_(y, x) = model(y, x);
    }
  return components;
}

void TileVisibilities::to_image(NdView<const std::complex<float>, 2> visibilities, NdView<float, 2> image,
                                const JobContext& context) const {
  visibilities_to_image<float>(data_.uvw_m.view(), {response_.freq_hz.data(), {response_.freq_hz.size()}}, visibilities,
                               data_.weights.view(), apparent_grid(), options_, image, context);
  for (float& pixel : image) pixel = static_cast<float>(pixel * scale_);
}

}  // namespace contimg::imaging
