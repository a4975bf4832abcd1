#include "imaging/tile_visibilities.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "core/fringe.h"
#include "core/nd_array.h"
#include "imaging/band_terms.h"
#include "imaging/component_visibilities.h"
#include "imaging/image_statistics.h"
#include "imaging/spectral_terms.h"

using namespace contimg;
using namespace contimg::imaging;

namespace {

constexpr std::size_t kRows = 600, kChannels = 24, kTimes = 5, kPixels = 64;
constexpr double kCell = 2.4e-4;

/// Five minutes of random baselines: visibilities of 0, a response that drifts, and a grid about its center.
struct Field {
  StokesVisibilities data;
  TileResponse response;
  SkyGrid grid;
  double sum_of_weights = 0;

  Field() {
    std::mt19937 random(4);
    std::uniform_real_distribution<double> uniform(-1, 1);
    for (std::size_t k = 0; k < kChannels; ++k) {
      data.freq_hz.push_back(1.31e9 + 8e6 * double(k));
      response.channel_weights.push_back(1 + double(k % 3));
    }
    data.uvw_m = NdArray<Vec3, 1>({kRows});
    data.visibilities = NdArray<std::complex<float>, 2>({kRows, kChannels});
    data.weights = NdArray<float, 2>({kRows, kChannels});
    for (std::size_t row = 0; row < kRows; ++row) {
      data.uvw_m(row) = {250 * uniform(random), 250 * uniform(random), 20 * uniform(random)};
      data.time_index.push_back(static_cast<std::uint32_t>(row * kTimes / kRows));
      for (std::size_t k = 0; k < kChannels; ++k)
        sum_of_weights += data.weights(row, k) = static_cast<float>(response.channel_weights[k]);
    }
    response.dish_diameter_m = 4.65;
    response.freq_hz = data.freq_hz;
    response.center = {5.89, 0.28};
    response.integration_weights.assign(kTimes, 1);
    for (std::size_t t = 0; t < kTimes; ++t) response.pointing.push_back({5.89 + 0.0057 * (double(t) - 2), 0.28});
    grid = {response.center, kPixels, kPixels, kCell};
  }

  TileVisibilities visibilities() { return {data, response, grid, {1e-5, 1}, sum_of_weights}; }

  /// Components on `n` pixels, which fade from 1 Jy to 0.5.
  std::vector<Component> on_pixels(std::size_t n) const {
    std::vector<Component> components;
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t pixel = i * 37 % (kPixels * kPixels);
      const double x = double(pixel % kPixels), y = double(pixel / kPixels);
      components.push_back(
          {(double(kPixels / 2) - x) * kCell, (y - double(kPixels / 2)) * kCell, 1 - 0.5 * double(i) / double(n)});
    }
    return components;
  }

  /// Largest difference of what subtract() leaves from what subtracting one by one leaves.
  double error_of(const std::vector<Component>& components) {
    std::fill(data.visibilities.begin(), data.visibilities.end(), 0);
    visibilities().subtract(components, JobContext());
    NdArray<std::complex<float>, 2> expected(data.visibilities.shape());
    subtract_components(components, response, data.uvw_m.view(), data.time_index, expected.view(), 1, JobContext());
    double worst = 0;
    for (std::size_t i = 0; i < expected.size(); ++i)
      worst = std::max<double>(worst, std::abs(expected.data()[i] - data.visibilities.data()[i]));
    return worst;
  }
};

}  // namespace

TEST_CASE("tile visibilities: components are subtracted one by one up to where degridding takes as long") {
  // A full tile: 4560 baselines, 24 integrations, 768 channels in 16 runs.
  const std::size_t full = most_direct(4560 * 24, 768, 16, 4096 * 4096);
  CHECK(full > 150);
  CHECK(full < 190);
  CHECK(most_direct(4560 * 24, 768, 16, 8192 * 8192) > full);   // more pixels: degridding costs more
  CHECK(most_direct(4560 * 24, 768, 200, 4096 * 4096) < full);  // more runs: direct sums do
  CHECK(most_direct(4560, 768, 16, 4096 * 4096) > 5 * full);    // few visibilities: the image is what costs

  Field field;
  const std::size_t most = most_direct(kRows, kChannels, runs_of(field.data.freq_hz).size(), kPixels * kPixels);
  REQUIRE(most > 20);
  REQUIRE(most < 1000);
  CHECK(field.error_of(field.on_pixels(most)) == 0);

  // Of more, the faintest: wherever in the list they are.
  std::vector<Component> components = field.on_pixels(most + 3);
  constexpr double kFaint = 1e-2;
  for (const std::size_t i : {std::size_t{0}, std::size_t{7}, most}) components[i].flux_jy = kFaint;
  const double error = field.error_of(components);
  CHECK(error > 1e-5 * kFaint);
  CHECK(error < 3 * 0.04 * kFaint);

  // Not if they are beyond the image.
  components = field.on_pixels(most + 1);
  components[0] = {2.0 * kPixels * kCell, 0, 0.1};
  CHECK(field.error_of(components) < 1e-4);
}

TEST_CASE("spectral terms: what an update found is taken back, off the visibilities too") {
  Field field;
  field.response.band_terms = BandTerms(field.data.freq_hz, field.response.channel_weights, 2).values;
  REQUIRE(field.response.band_terms.size() == 2);
  NdArray<float, 2> model({kPixels, kPixels});
  std::vector<Component> sources = field.on_pixels(3);
  for (Component& source : sources) {
    model.data()[pixel_of(field.grid, source)] = static_cast<float>(source.flux_jy);
    source.flux_jy = 0;
    source.term_jy = {-0.8f, 0.5f};  // negative: they are added
  }
  subtract_components(sources, field.response, field.data.uvw_m.view(), field.data.time_index,
                      field.data.visibilities.view(), 1, JobContext());

  TileVisibilities visibilities = field.visibilities();
  SpectralTerms spectra(visibilities, field.response, field.grid, CleanOptions(), JobContext());
  const auto image = [&](std::size_t term) {
    NdArray<float, 2> result({kPixels, kPixels});
    visibilities.term_image(term, result.view(), JobContext());
    return result;
  };
  const auto sum_of_models = [&] {
    double sum = 0;
    for (std::size_t term = 0; term < 2; ++term)
      for (const float coefficient : spectra.model(term)) sum += std::abs(coefficient);
    return sum;
  };
  const NdArray<float, 2> before[] = {image(0), image(1)};
  const double peaks[] = {peak_absolute(before[0].view()), peak_absolute(before[1].view())};
  spectra.update(model.view(), JobContext());
  for (std::size_t term = 0; term < 2; ++term) CHECK(peak_absolute(image(term).view()) < 0.5 * peaks[term]);
  CHECK(sum_of_models() > 1);
  spectra.take_back(JobContext());
  CHECK(sum_of_models() == 0);
  for (std::size_t term = 0; term < 2; ++term) {
    const auto after = image(term);
    for (std::size_t i = 0; i < after.size(); ++i)
      REQUIRE(std::abs(after.data()[i] - before[term].data()[i]) < 1e-5 * peaks[term]);
  }
  spectra.take_back(JobContext());  // nothing more is
  CHECK(peak_absolute(image(0).view()) == doctest::Approx(peaks[0]).epsilon(1e-5));
}
