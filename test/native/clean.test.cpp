#include "imaging/clean.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "core/error.h"
#include "core/nd_array.h"
#include "imaging/image_statistics.h"
#include "imaging/minor_cycle.h"
#include "imaging/noise_map.h"

using namespace contimg;
using namespace contimg::imaging;

namespace {
constexpr int kSize = 64;

/// The PSF of 150 baselines in a band of 40 %, denser at the center: like every PSF of weights >= 0, its transform is
/// nowhere negative, and its sidelobes fall with distance.
NdArray<float, 2> make_psf(int size) {
  constexpr int kBaselines = 150, kChannels = 8;
  std::mt19937 random(7);
  std::normal_distribution<double> normal(0, 0.6);
  NdArray<float, 2> psf({std::size_t(size), std::size_t(size)});
  double u = 0, v = 0;
  for (int k = 0; k < kBaselines * kChannels; ++k) {
    if (k % kChannels == 0) u = normal(random), v = normal(random);
    const double scale = 0.8 + 0.4 * (k % kChannels) / kChannels;
    for (int y = 0; y < size; ++y)
      for (int x = 0; x < size; ++x)
        psf(y, x) += static_cast<float>(std::cos(scale * (u * (x - size / 2) + v * (y - size / 2))));
  }
  for (float& value : psf) value /= kBaselines * kChannels;
  return psf;
}

/// image += scale * model convolved with a PSF of twice its size, sum by sum.
void convolve(NdView<const float, 2> model, NdView<const float, 2> psf, float scale, NdView<float, 2> image) {
  for (int my = 0; my < kSize; ++my)
    for (int mx = 0; mx < kSize; ++mx) {
      if (model(my, mx) == 0) continue;
      for (int y = 0; y < kSize; ++y)
        for (int x = 0; x < kSize; ++x) image(y, x) += scale * model(my, mx) * psf(y - my + kSize, x - mx + kSize);
    }
}

const NdArray<float, 2>& whole_psf() {
  static const NdArray<float, 2> psf = make_psf(2 * kSize);
  return psf;
}

const NdArray<float, 2>& psf() {
  static const NdArray<float, 2> psf = make_psf(kSize);
  return psf;
}

struct Field {
  NdArray<float, 2> truth{{kSize, kSize}}, dirty{{kSize, kSize}}, residual{{kSize, kSize}}, model{{kSize, kSize}};
  void observe(double noise = 0) {
    std::mt19937 random(5);
    std::normal_distribution<float> normal(0, static_cast<float>(noise));
    if (noise > 0)
      for (float& pixel : dirty) pixel = normal(random);
    convolve(truth.view(), whole_psf().view(), 1, dirty.view());
    std::copy(dirty.begin(), dirty.end(), residual.begin());
  }
  CleanResult run(const CleanOptions& options) {
    return clean(
        psf().view(), residual.view(), model.view(), options,
        [&](NdView<const float, 2> components, NdView<float, 2> out, const JobContext&) {
          std::copy(dirty.begin(), dirty.end(), out.begin());
          convolve(components, whole_psf().view(), -1, out);
        },
        JobContext());
  }
};
}  // namespace

TEST_CASE("statistics: the MAD sigma of normal noise is its standard deviation, sources or not") {
  NdArray<float, 2> image({200, 200});
  std::mt19937 random(1);
  std::normal_distribution<float> normal(3, 0.5);
  for (float& pixel : image) pixel = normal(random);
  for (std::size_t i = 0; i < 500; ++i) image.data()[i * 77] = 100;
  image.data()[3] = std::nanf("");
  CHECK(mad_sigma(image.view()) == doctest::Approx(0.5).epsilon(0.03));
  CHECK(peak_absolute(image.view()) == 100);
}

TEST_CASE("clean recovers a crowded noise-free field") {
  Field field;
  std::mt19937 random(3);
  for (int i = 0; i < 40; ++i)
    field.truth(8 + random() % 48, 8 + random() % 48) += 0.1f + static_cast<float>(random() % 100) / 100;
  field.observe();
  CleanOptions options;
  options.threshold_jy = 1e-3;
  options.mask_sigma = options.threshold_sigma = 0;
  options.max_major_cycles = 40;
  options.max_iterations = 200000;
  const CleanResult result = field.run(options);
  CHECK(result.stop == CleanStop::kThreshold);
  CHECK(peak_absolute(field.residual.view()) <= 1.25e-3);
  // Neighbors within the core of the PSF share their flux at this depth; the flux in all does not.
  double total = 0, found = 0;
  for (const float flux : field.truth) total += flux;
  for (const float flux : field.model) found += flux;
  CHECK(found == doctest::Approx(total).epsilon(1e-2));
  CHECK(result.cycles.back().model_flux_jy == doctest::Approx(found));
}

TEST_CASE("clean finds isolated sources to their flux, of either sign, in noise") {
  Field field;
  field.truth(20, 20) = 5;
  field.truth(40, 45) = -2;
  field.observe(0.01);
  const CleanResult result = field.run({});
  CHECK(result.stop == CleanStop::kThreshold);
  CHECK(field.model(20, 20) == doctest::Approx(5).epsilon(0.02));
  CHECK(field.model(40, 45) == doctest::Approx(-2).epsilon(0.03));
  CHECK(result.cycles.back().rms_jy == doctest::Approx(0.01).epsilon(0.15));
  CHECK(result.cycles.back().peak_jy < 0.06);
  std::size_t n = 0;
  for (const float flux : field.model) n += flux != 0;
  CHECK(n < 10);  // the noise is not cleaned
}

TEST_CASE("clean keeps to its limits") {
  Field field;
  field.truth(20, 20) = 5;
  field.observe(0.01);
  CleanOptions options;
  options.max_iterations = 7;
  CHECK(field.run(options).stop == CleanStop::kIterations);

  Field shallow;
  shallow.truth(20, 20) = 5;
  shallow.observe(0.01);
  options.max_iterations = 1000;
  options.max_major_cycles = 1;
  const CleanResult result = shallow.run(options);
  CHECK(result.stop == CleanStop::kMajorCycles);
  CHECK(result.cycles.size() == 1);
  CHECK(result.cycles[0].peak_jy == doctest::Approx(1).epsilon(0.15));  // (1 - major_gain) * 5

  Field untouched;
  untouched.truth(20, 20) = 5;
  untouched.observe();
  options.max_iterations = 0;
  CHECK(untouched.run(options).stop == CleanStop::kIterations);
  CHECK(peak_absolute(untouched.model.view()) == 0);
  CHECK(std::equal(untouched.dirty.begin(), untouched.dirty.end(), untouched.residual.begin()));
}

TEST_CASE("clean takes a diverging cycle back and stops") {
  Field field;
  field.truth(20, 20) = 5;
  field.observe(0.01);
  const auto dirty = peak_absolute(field.residual.view());
  const CleanResult result = clean(
      psf().view(), field.residual.view(), field.model.view(), {},
      [&](NdView<const float, 2>, NdView<float, 2> out, const JobContext&) {
        std::fill(out.begin(), out.end(), 50.0f);
      },
      JobContext());
  CHECK(result.stop == CleanStop::kDiverged);
  CHECK(peak_absolute(field.residual.view()) == dirty);
  CHECK(peak_absolute(field.model.view()) == 0);
}

TEST_CASE("clean keeps to a mask, and says what is wrong with one") {
  Field field;
  field.truth(20, 20) = 5;
  field.truth(40, 45) = 2;
  field.observe(0.01);
  NdArray<std::uint8_t, 2> mask({kSize, kSize});
  for (int y = 37; y < 44; ++y)
    for (int x = 42; x < 49; ++x) mask(y, x) = 1;
  CleanOptions options;
  options.mask = mask.view();
  const CleanResult result = field.run(options);
  CHECK(result.stop == CleanStop::kThreshold);
  for (int y = 0; y < kSize; ++y)
    for (int x = 0; x < kSize; ++x)
      if (mask(y, x) == 0) CHECK(field.model(y, x) == 0);
  CHECK(field.residual(20, 20) == doctest::Approx(5).epsilon(0.1));
  CHECK(std::abs(field.residual(40, 45)) < 1);  // 2 sigma, with the sidelobes of the other

  const NdArray<std::uint8_t, 2> nothing({kSize, kSize}), small({kSize, kSize / 2});
  for (const auto* wrong : {&nothing, &small}) {
    options.mask = wrong->view();
    CHECK_THROWS_AS(field.run(options), Error);
  }
}

TEST_CASE("clean leaves alone what stands out of the whole image but not of its surroundings") {
  NdArray<float, 2> dirty({256, 256}), residual({256, 256}), model({256, 256}), delta({256, 256});
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0, 1);
  for (int y = 0; y < 256; ++y)
    for (int x = 0; x < 256; ++x) dirty(y, x) = normal(random) * (x < 64 && y < 64 ? 8.0f : 1.0f);
  dirty(200, 200) = 12;
  delta(128, 128) = 1;
  const auto components_in_noise = [&](std::size_t box) {
    CleanOptions options;
    options.noise_box = box;
    std::copy(dirty.begin(), dirty.end(), residual.begin());
    std::fill(model.begin(), model.end(), 0.0f);
    clean(
        delta.view(), residual.view(), model.view(), options,
        [&](NdView<const float, 2> components, NdView<float, 2> out, const JobContext&) {
          for (std::size_t i = 0; i < out.size(); ++i) out.data()[i] = dirty.data()[i] - components.data()[i];
        },
        JobContext());
    CHECK(model(200, 200) == doctest::Approx(12).epsilon(0.25));
    std::size_t n = 0;
    for (int y = 0; y < 48; ++y)
      for (int x = 0; x < 48; ++x) n += model(y, x) != 0;
    return n;
  };
  CHECK(components_in_noise(0) > 100);
  CHECK(components_in_noise(32) == 0);
}

TEST_CASE("noise map: follows noise from place to place and overlooks sources") {
  NdArray<float, 2> image({300, 200});
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 1);
  for (int y = 0; y < 300; ++y)
    for (int x = 0; x < 200; ++x) image(y, x) = normal(random) * (1 + float(y) / 100);
  for (std::size_t i = 0; i < 300; ++i) image.data()[i * 199] = 1e4f;
  const NoiseMap map(image.view(), 50, 2);
  std::vector<float> sigma(200);
  double worst = 0;
  for (std::size_t y = 25; y < 275; ++y) {  // linear between the centers of the boxes
    map.fill_row(y, sigma.data());
    for (const float value : sigma) worst = std::max(worst, std::abs(value / (1 + double(y) / 100) - 1));
  }
  CHECK(worst < 0.12);
  const NoiseMap one(image.view(), 0, 1);
  one.fill_row(299, sigma.data());
  CHECK(sigma[0] == static_cast<float>(mad_sigma(image.view())));

  for (std::size_t y = 0; y < 60; ++y)  // a row of boxes and more, beside what an image shows
    for (std::size_t x = 0; x < 200; ++x) image(y, x) = NAN;
  const NoiseMap beside(image.view(), 50, 2);
  beside.fill_row(0, sigma.data());
  CHECK(sigma[0] == static_cast<float>(mad_sigma(image.view())));
  beside.fill_row(125, sigma.data());
  CHECK(sigma[0] == doctest::Approx(2.25).epsilon(0.12));
}

TEST_CASE("minor cycle: takes what Hogbom's algorithm takes, whatever the number of threads") {
  Field field;
  std::mt19937 random(3);
  for (int i = 0; i < 20; ++i) field.truth(random() % kSize, random() % kSize) += 0.5f;
  field.observe(0.01);
  constexpr float kLevel = 0.1f;
  const auto levels = [&](std::size_t, float* row) { std::fill(row, row + kSize, kLevel); };
  const auto run = [&](unsigned threads, NdView<float, 2> model) {
    ActivePixels active = select_active(field.dirty.view(), levels);
    return minor_cycle(active, psf().view(), {0.1, 100000, threads}, model, JobContext());
  };
  NdArray<float, 2> one({kSize, kSize}), two({kSize, kSize}), expected({kSize, kSize});
  const std::size_t n = run(1, one.view());
  CHECK(run(2, two.view()) == n);
  CHECK(std::equal(one.begin(), one.end(), two.begin()));

  std::size_t n_expected = 0;
  NdArray<float, 2>& image = field.residual;
  for (;; ++n_expected) {
    std::size_t highest = 0;
    for (std::size_t i = 0; i < image.size(); ++i)
      if (std::abs(image.data()[i]) > std::abs(image.data()[highest])) highest = i;
    const float peak = image.data()[highest];
    if (!(std::abs(peak) > kLevel)) break;
    const int cy = int(highest) / kSize, cx = int(highest) % kSize;
    expected(cy, cx) += 0.1f * peak;
    for (int y = std::max(0, cy - kSize / 2); y < std::min(kSize, cy + kSize / 2); ++y)
      for (int x = std::max(0, cx - kSize / 2); x < std::min(kSize, cx + kSize / 2); ++x)
        image(y, x) -= 0.1f * peak * psf()(y - cy + kSize / 2, x - cx + kSize / 2);
  }
  // Pixels that sidelobes raise above their level come in later; what is taken is the same but for the last percent.
  double difference = 0, total = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    difference += std::abs(one.data()[i] - expected.data()[i]);
    total += expected.data()[i];
  }
  CHECK(difference < 0.05 * total);
  CHECK(double(n) == doctest::Approx(double(n_expected)).epsilon(0.1));
}

TEST_CASE("clean stops when it is cancelled") {
  Field field;
  field.truth(20, 20) = 5;
  field.observe();
  JobContext context;
  context.cancel();
  CHECK_THROWS_AS(clean(
                      psf().view(), field.residual.view(), field.model.view(), {},
                      [](NdView<const float, 2>, NdView<float, 2>, const JobContext&) {}, context),
                  Cancelled);
}
