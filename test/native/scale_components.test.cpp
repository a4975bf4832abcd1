#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

#include "core/nd_array.h"
#include "imaging/clean.h"
#include "imaging/image_convolver.h"
#include "imaging/image_statistics.h"

using namespace contimg;
using namespace contimg::imaging;

namespace {
constexpr int kSize = 96;

/// PSF of a dense core with some long baselines, of twice the size of the image; sum by sum.
const NdArray<float, 2>& whole_psf() {
  static const NdArray<float, 2> psf = [] {
    constexpr int kBaselines = 300, kExtent = 2 * kSize;
    std::mt19937 random(7);
    std::normal_distribution<double> normal(0, 1);
    NdArray<float, 2> result({kExtent, kExtent});
    for (int k = 0; k < kBaselines; ++k) {
      const double scale = k % 2 ? 0.5 : 0.15, u = scale * normal(random), v = scale * normal(random);
      for (int y = 0; y < kExtent; ++y)
        for (int x = 0; x < kExtent; ++x)
          result(y, x) += static_cast<float>(std::cos(u * (x - kSize) + v * (y - kSize)) / kBaselines);
    }
    return result;
  }();
  return psf;
}

NdArray<float, 2> psf() {
  NdArray<float, 2> result({kSize, kSize});
  for (int y = 0; y < kSize; ++y)
    for (int x = 0; x < kSize; ++x) result(y, x) = whole_psf()(y + kSize / 2, x + kSize / 2);
  return result;
}

void subtract_convolved(NdView<const float, 2> model, NdView<float, 2> image) {
  for (int my = 0; my < kSize; ++my)
    for (int mx = 0; mx < kSize; ++mx) {
      const float flux = model(my, mx);
      if (flux == 0) continue;
      for (int y = 0; y < kSize; ++y)
        for (int x = 0; x < kSize; ++x) image(y, x) -= flux * whole_psf()(y - my + kSize, x - mx + kSize);
    }
}

void add_gaussian(NdView<float, 2> sky, double cx, double cy, double fwhm, double flux_jy) {
  const double factor = 4 * std::log(2.0) / (fwhm * fwhm), peak = flux_jy * factor / 3.14159265358979;
  for (int y = 0; y < kSize; ++y)
    for (int x = 0; x < kSize; ++x) {
      const double r_squared = (x - cx) * (x - cx) + (y - cy) * (y - cy);
      if (factor * r_squared < 12) sky(y, x) += static_cast<float>(peak * std::exp(-factor * r_squared));
    }
}

double flux_within(NdView<const float, 2> model, double cx, double cy, double radius) {
  double sum = 0;
  for (int y = 0; y < kSize; ++y)
    for (int x = 0; x < kSize; ++x)
      if (std::hypot(x - cx, y - cy) < radius) sum += model(y, x);
  return sum;
}

struct Cleaned {
  NdArray<float, 2> residual, model{{kSize, kSize}};
  CleanResult result;
};

constexpr float kNoise = 2e-3f;

Cleaned observe_and_clean(NdView<const float, 2> sky, const CleanOptions& options) {
  NdArray<float, 2> dirty({kSize, kSize});
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0, kNoise);
  for (float& pixel : dirty) pixel = normal(random);
  NdArray<float, 2> negative({kSize, kSize});
  for (std::size_t i = 0; i < negative.size(); ++i) negative.data()[i] = -sky.data()[i];
  subtract_convolved(negative.view(), dirty.view());
  Cleaned cleaned;
  cleaned.residual = NdArray<float, 2>({kSize, kSize});
  std::copy(dirty.begin(), dirty.end(), cleaned.residual.begin());
  const auto kernel = psf();
  cleaned.result = clean(
      kernel.view(), cleaned.residual.view(), cleaned.model.view(), options,
      [&](NdView<const float, 2> model, NdView<float, 2> residual, const JobContext&) {
        std::copy(dirty.begin(), dirty.end(), residual.begin());
        subtract_convolved(model, residual);
      },
      JobContext());
  return cleaned;
}

CleanOptions with_scales(std::vector<double> scales) {
  CleanOptions options;
  options.scales = std::move(scales);
  options.beam_pixels = 6;
  options.mask_sigma = options.threshold_sigma = 0;
  options.threshold_jy = 3.5 * kNoise;
  options.max_major_cycles = 40;
  return options;
}

}  // namespace

TEST_CASE("convolver: equals the sum, does not wrap round, and smooths by a Gaussian of sum 1") {
  const ImageConvolver convolver(kSize, kSize, 2);
  NdArray<float, 2> image({kSize, kSize}), expected({kSize, kSize}), found({kSize, kSize});
  image(3, 90) = 2;
  image(50, 2) = -1;
  subtract_convolved(image.view(), expected.view());
  const auto kernel = convolver.transform(psf().view());
  auto spectrum = convolver.transform(image.view());
  convolver.multiply(kernel, spectrum);
  convolver.inverse(spectrum, true, found.view());
  double worst = 0;
  for (int y = 0; y < kSize; ++y)
    for (int x = 0; x < kSize; ++x) {
      double value = 0;  // the PSF ends at half the image
      for (const auto& [my, mx, flux] : {std::array{3, 90, 2}, std::array{50, 2, -1}}) {
        const int py = y - my + kSize / 2, px = x - mx + kSize / 2;
        if (py >= 0 && py < kSize && px >= 0 && px < kSize) value += flux * psf()(py, px);
      }
      worst = std::max(worst, std::abs(value - found(y, x)));
    }
  CHECK(worst < 1e-5);

  NdArray<float, 2> point({kSize, kSize});
  point(40, 50) = 1;
  convolver.inverse(convolver.smoothed(convolver.transform(point.view()), 8), false, found.view());
  add_gaussian(expected.view(), 50, 40, 8, 0);
  std::fill(expected.begin(), expected.end(), 0.0f);
  add_gaussian(expected.view(), 50, 40, 8, 1);
  worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    worst = std::max<double>(worst, std::abs(found.data()[i] - expected.data()[i]));
  CHECK(worst < 1e-5);
}

TEST_CASE("clean with scales finds the flux of extended sources and of points, and leaves noise") {
  NdArray<float, 2> sky({kSize, kSize});
  add_gaussian(sky.view(), 45.3, 50.6, 16, 5);
  sky(20, 70) = 0.5;
  const Cleaned cleaned = observe_and_clean(sky.view(), with_scales({6, 12, 24}));
  CHECK(cleaned.result.stop == CleanStop::kThreshold);
  CHECK(flux_within(cleaned.model.view(), 45.3, 50.6, 24) == doctest::Approx(5).epsilon(0.02));
  CHECK(flux_within(cleaned.model.view(), 70, 20, 4) == doctest::Approx(0.5).epsilon(0.05));
  CHECK(peak_absolute(cleaned.residual.view()) < 4 * kNoise);
}

TEST_CASE("clean with scales finds a field of points as clean without them does") {
  NdArray<float, 2> sky({kSize, kSize});
  std::mt19937 random(3);
  for (int i = 0; i < 12; ++i) sky(10 + random() % 76, 10 + random() % 76) += 0.3f;
  const Cleaned cleaned = observe_and_clean(sky.view(), with_scales({6, 12}));
  CHECK(cleaned.result.stop == CleanStop::kThreshold);
  CHECK(peak_absolute(cleaned.residual.view()) < 4 * kNoise);
  double total = 0, found = 0;
  for (const float flux : sky) total += flux;
  for (const float flux : cleaned.model) found += flux;
  CHECK(found == doctest::Approx(total).epsilon(0.01));
}

TEST_CASE("clean with scales: one thread and two give the same bits") {
  NdArray<float, 2> sky({kSize, kSize});
  add_gaussian(sky.view(), 45.3, 50.6, 16, 5);
  CleanOptions options = with_scales({8, 16});
  options.max_major_cycles = 2;
  options.threads = 1;
  const Cleaned one = observe_and_clean(sky.view(), options);
  options.threads = 2;
  const Cleaned two = observe_and_clean(sky.view(), options);
  CHECK(std::equal(one.model.begin(), one.model.end(), two.model.begin()));
  CHECK(peak_absolute(one.model.view()) > 0);
}
