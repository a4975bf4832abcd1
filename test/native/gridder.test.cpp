#include "imaging/gridder.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "gridding_truth.h"
#include "imaging/gridding_plan.h"

using namespace contimg;
using namespace contimg::imaging;
using namespace contimg::test;

namespace {

const double kDefaultEpsilon = GridderOptions().epsilon;

RandomObservation dsa_like(double dec_deg, std::size_t n_antennas = 24, std::size_t n_channels = 12,
                           double hours = 0.085) {
  std::mt19937 random(11);
  return test::observe(test::t_shaped_array(n_antennas, random), dec_deg * kDegree, 3, hours, n_channels, random);
}

RandomObservation ball(std::size_t n_antennas = 20) {
  std::mt19937 random(12);
  return test::observe(test::ball_array(n_antennas, random), 0.5, 2, 1, 10, random);
}

}  // namespace

TEST_CASE("gridder: meets the default accuracy over fields to 4 degrees and declinations -30 to +80") {
  for (double dec_deg : {-30.0, 16.0, 37.2, 80.0}) {
    const RandomObservation observation = dsa_like(dec_deg);
    for (double fov_deg : {0.5, 1.7, 4.0}) {
      CAPTURE(dec_deg);
      CAPTURE(fov_deg);
      const ImageGrid grid = field(fov_deg, 512);
      CHECK(image_error(observation, grid, kDefaultEpsilon) < kDefaultEpsilon);
      CHECK(visibility_error(observation, grid, kDefaultEpsilon) < kDefaultEpsilon);
    }
  }
}

TEST_CASE("gridder: the error is below what was asked, coplanar or not, snapshot or 6 hours") {
  const RandomObservation observations[] = {dsa_like(-30), ball(), dsa_like(50, 24, 12, 6)};
  for (double epsilon : {1e-2, 3e-3, 1e-3, 1e-4, 1e-5, 1e-6}) {
    for (const RandomObservation& observation : observations) {
      CAPTURE(epsilon);
      const ImageGrid grid{400, 360, 4.0 * kDegree / 400};
      CHECK(image_error(observation, grid, epsilon, 200) < epsilon);
      CHECK(visibility_error(observation, grid, epsilon) < epsilon);
    }
  }
}

TEST_CASE_TEMPLATE("gridder: the number of threads does not change a bit, nor does another run", T, float, double) {
  const RandomObservation observation = dsa_like(0);
  const ImageGrid grid = field(3, 256);
  const auto image = grid_image<T>(observation, grid, {1e-4, 1});
  const auto visibilities = degrid_image(observation, image, grid, {1e-4, 1});
  for (unsigned threads : {1, 2, 3, 5}) {
    CHECK(same_bits(grid_image<T>(observation, grid, {1e-4, threads}), image));
    CHECK(same_bits(degrid_image(observation, image, grid, {1e-4, threads}), visibilities));
  }
}

TEST_CASE_TEMPLATE("gridder: image and point spread function in one pass are those of two", T, float, double) {
  for (const bool is_flat : {true, false})
    for (const std::size_t npix : {64, 700}) {
      RandomObservation observation = is_flat ? dsa_like(0) : ball(8);
      const ImageGrid grid = field(3, npix);
      const auto visibilities = in_precision<std::complex<T>>(observation.visibilities);
      const auto weights = in_precision<T>(observation.weights);
      NdArray<T, 2> image({npix, npix}), psf({npix, npix}), alone({npix, npix});
      visibilities_to_image_and_psf<T>(observation.uvw_m.view(), observation.freq_hz.view(), visibilities.view(),
                                       weights.view(), grid, {1e-4, 2}, image.view(), psf.view(), JobContext());
      CHECK(same_bits(image, grid_image<T>(observation, grid, {1e-4, 1})));
      weights_to_psf<T>(observation.uvw_m.view(), observation.freq_hz.view(), weights.view(), grid, {1e-4, 2},
                        alone.view(), JobContext());
      CHECK(same_bits(psf, alone));
      std::fill(observation.visibilities.begin(), observation.visibilities.end(), 1.0f);
      CHECK(same_bits(psf, grid_image<T>(observation, grid, {1e-4, 2})));
    }
}

TEST_CASE("gridder: channels need not ascend, and rows may sweep around a coarse grid") {
  RandomObservation observation = dsa_like(20, 12, 40);
  for (std::size_t c = 0; c < 40; ++c) observation.freq_hz(c) = 1e9 + 4e8 * ((c * 17) % 40) / 40;
  CHECK(image_error(observation, field(4, 64), 1e-4) < 1e-4);
  for (std::size_t c = 0; c < 40; ++c) observation.freq_hz(c) = (20.0 - c / 3) * 1e8;  // 20:1, in threes
  CHECK(image_error(observation, field(4, 16), 1e-4) < 1e-4);
  CHECK(visibility_error(observation, field(4, 16), 1e-4) < 1e-4);
}

TEST_CASE("gridder: small and oblong images") {
  const RandomObservation observation = ball(8);
  for (const auto& [nx, ny] : {std::pair<std::size_t, std::size_t>{2, 2}, {2, 64}, {300, 4}, {18, 22}}) {
    CAPTURE(nx);
    CAPTURE(ny);
    const ImageGrid grid{nx, ny, 30 * kArcsec};
    CHECK(image_error(observation, grid, 1e-5) < 1e-5);
    CHECK(visibility_error(observation, grid, 1e-5) < 1e-5);
  }
  const ImageGrid wide = {32, 32, 0.04};  // to 0.9 of the horizon, w terms of thousands of turns
  CHECK(image_error(observation, wide, 1e-4) < 1e-4);
}

TEST_CASE("gridder: w = 0 takes a single plane and one visibility is a plane wave") {
  RandomObservation observation;
  observation.uvw_m = NdArray<Vec3, 1>({1});
  observation.uvw_m(0) = {100, -250, 0};
  observation.freq_hz = NdArray<double, 1>({1});
  observation.freq_hz(0) = 1.4e9;
  observation.visibilities = NdArray<std::complex<float>, 2>({1, 1});
  observation.visibilities(0, 0) = {0.6f, -0.8f};
  observation.weights = NdArray<float, 2>({1, 1});
  observation.weights(0, 0) = 2;
  const ImageGrid grid = field(2, 64);
  CHECK(image_error(observation, grid, 1e-5) < 1e-5);
  const GriddingPlan plan = plan_gridding<float>(observation.uvw_m.view(), observation.freq_hz.view(),
                                                 observation.weights.view(), grid, {1e-5, 1});
  CHECK(plan.n_planes == 1);
  observation.uvw_m(0) = {0, 0, 0};  // an autocorrelation
  const auto image = grid_image(observation, grid, {1e-5, 1});
  for (float pixel : image) CHECK(pixel == doctest::Approx(1.2).epsilon(1e-5));
}

TEST_CASE("gridder: nothing in gives a black image, and leaves visibilities alone") {
  RandomObservation observation = ball(6);
  std::fill(observation.weights.begin(), observation.weights.end(), 0.0f);
  const ImageGrid grid = field(1, 32);
  for (float pixel : grid_image(observation, grid)) CHECK(pixel == 0);
  NdArray<float, 2> ones({32, 32});
  std::fill(ones.begin(), ones.end(), 1.0f);
  for (const auto& value : degrid_image(observation, ones, grid)) CHECK(value == std::complex<float>());

  RandomObservation none;
  none.uvw_m = NdArray<Vec3, 1>({0});
  none.freq_hz = NdArray<double, 1>({3});
  std::fill(none.freq_hz.begin(), none.freq_hz.end(), 1e9);
  none.visibilities = NdArray<std::complex<float>, 2>({0, 3});
  none.weights = NdArray<float, 2>({0, 3});
  for (float pixel : grid_image(none, grid)) CHECK(pixel == 0);

  RandomObservation no_channels = ball(6);
  no_channels.freq_hz = NdArray<double, 1>({0});
  no_channels.visibilities = NdArray<std::complex<float>, 2>({no_channels.uvw_m.size(), 0});
  no_channels.weights = NdArray<float, 2>({no_channels.uvw_m.size(), 0});
  for (float pixel : grid_image(no_channels, grid)) CHECK(pixel == 0);
  CHECK(degrid_image(no_channels, ones, grid).empty());
}

TEST_CASE("gridder: what lies under weight 0 does not matter") {
  const RandomObservation observation = ball(8);
  RandomObservation poisoned = ball(8);
  for (std::size_t i = 0; i < poisoned.weights.size(); ++i)
    if (poisoned.weights.data()[i] == 0) poisoned.visibilities.data()[i] = {NAN, INFINITY};
  for (std::size_t c = 0; c < 10; ++c) poisoned.weights(7, c) = 0;
  RandomObservation reference = ball(8);
  for (std::size_t c = 0; c < 10; ++c) reference.weights(7, c) = 0;
  poisoned.uvw_m(7) = {NAN, NAN, NAN};
  const ImageGrid grid = field(2, 64);
  const auto image = grid_image(reference, grid);
  CHECK(same_bits(grid_image(poisoned, grid), image));

  NdArray<std::complex<float>, 2> kept(observation.visibilities.shape());
  std::fill(kept.begin(), kept.end(), std::complex<float>(7, 7));
  image_to_visibilities<float>(observation.uvw_m.view(), observation.freq_hz.view(), image.view(), grid, {},
                               observation.weights.view(), kept.view(), JobContext());
  for (std::size_t i = 0; i < kept.size(); ++i)
    CHECK((kept.data()[i] == std::complex<float>(7, 7)) == (observation.weights.data()[i] == 0));
}

TEST_CASE("gridder: refuses bad input with INVALID_ARGUMENT") {
  const RandomObservation good = ball(4);
  const ImageGrid grid = field(1, 32);
  const auto refused = [](const RandomObservation& observation, const ImageGrid& image, const GridderOptions& options) {
    try {
      grid_image(observation, image, options);
    } catch (const Error& error) {
      return std::string(error.code()) == code::kInvalidArgument && std::string(error.what()).find("Expected") == 0;
    }
    return false;
  };
  for (double epsilon : {0.0, -1.0, 9e-7, 1.1e-2, double(NAN)}) CHECK(refused(good, grid, {epsilon, 1}));
  for (double epsilon : {9e-13, 1.1e-2, double(NAN)})
    CHECK_THROWS_AS(grid_image<double>(good, grid, {epsilon, 1}), Error);
  CHECK(refused(good, {1, 1, kArcsec}, {}));
  CHECK(refused(good, {31, 32, kArcsec}, {}));
  CHECK(refused(good, {32, 33, kArcsec}, {}));
  CHECK(refused(good, {0, 32, kArcsec}, {}));
  CHECK(refused(good, {32, 32, 0}, {}));
  CHECK(refused(good, {32, 32, -kArcsec}, {}));
  CHECK(refused(good, {32, 32, NAN}, {}));
  CHECK(refused(good, {32, 32, 0.0442}, {}));  // the corner is below the horizon, the edges are not
  const auto spoilt = [&](auto spoil) {
    RandomObservation observation = ball(4);
    spoil(observation);
    return refused(observation, grid, {});
  };
  CHECK(spoilt([](auto& o) { o.weights(0, 0) = -1; }));
  CHECK(spoilt([](auto& o) { o.weights(0, 0) = NAN; }));
  CHECK(spoilt([](auto& o) { o.weights(0, 0) = INFINITY; }));
  CHECK(spoilt([](auto& o) { o.uvw_m(1).z = NAN; }));
  CHECK(spoilt([](auto& o) { o.weights(2, 3) = 1, o.visibilities(2, 3) = {NAN, 0}; }));
  CHECK(spoilt([](auto& o) { o.weights(2, 3) = 1, o.visibilities(2, 3) = {0, -INFINITY}; }));
  CHECK(spoilt([](auto& o) { o.weights(2, 3) = 1e30f, o.visibilities(2, 3) = {1e30f, 0}; }));  // overflows
  CHECK(spoilt([](auto& o) { o.freq_hz(1) = 0; }));
  CHECK(spoilt([](auto& o) { o.freq_hz(1) = NAN; }));
  CHECK(spoilt([](auto& o) { o.visibilities = NdArray<std::complex<float>, 2>({1, 1}); }));
  CHECK(spoilt([](auto& o) { o.freq_hz = NdArray<double, 1>({3}); }));
}

TEST_CASE("gridder: images with pixels that are not finite are refused") {
  const RandomObservation observation = ball(8);
  for (const float pixel : {NAN, INFINITY, -INFINITY}) {
    NdArray<float, 2> image({64, 64});
    CHECK_NOTHROW(degrid_image(observation, image, field(2, 64)));
    image(5, 7) = pixel;
    CHECK_THROWS_AS(degrid_image(observation, image, field(2, 64)), Error);
  }
}

TEST_CASE("gridder: stops when cancelled, and reports progress from 0 to 1") {
  const RandomObservation observation = ball(8);
  const ImageGrid grid = field(2, 64);
  NdArray<float, 2> image({64, 64});
  const auto run = [&](const JobContext& context) {
    visibilities_to_image<float>(observation.uvw_m.view(), observation.freq_hz.view(), observation.visibilities.view(),
                                 observation.weights.view(), grid, {}, image.view(), context);
  };
  std::vector<double> fractions;
  JobContext* self = nullptr;
  JobContext context([&](double fraction) {
    fractions.push_back(fraction);
    if (self && fractions.size() == 3) self->cancel();
  });
  run(context);
  CHECK(std::is_sorted(fractions.begin(), fractions.end()));
  CHECK(fractions.front() == 0);
  CHECK(fractions.back() == 1);
  fractions.clear();
  self = &context;
  CHECK_THROWS_AS(run(context), Cancelled);
}
