#include "imaging/clean.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "core/nd_array.h"
#include "imaging/image_statistics.h"

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
