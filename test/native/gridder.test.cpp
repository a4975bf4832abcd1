#include "imaging/gridder.h"

#include <doctest/doctest.h>

#include <cstring>

#include "core/error.h"
#include "imaging/gridding_plan.h"
#include "random_observation.h"

using namespace contimg;
using namespace contimg::imaging;
using contimg::test::RandomObservation;
using Complex = std::complex<double>;

namespace {

const double kDefaultEpsilon = GridderOptions().epsilon;

NdArray<float, 2> grid_image(const RandomObservation& observation, const ImageGrid& grid,
                             const GridderOptions& options = {}) {
  NdArray<float, 2> image({grid.ny, grid.nx});
  visibilities_to_image(observation.uvw_m.view(), observation.freq_hz.view(), observation.visibilities.view(),
                        observation.weights.view(), grid, options, image.view(), JobContext());
  return image;
}

NdArray<std::complex<float>, 2> degrid_image(const RandomObservation& observation, const NdArray<float, 2>& image,
                                             const ImageGrid& grid, const GridderOptions& options = {}) {
  NdArray<std::complex<float>, 2> visibilities(observation.visibilities.shape());
  image_to_visibilities(observation.uvw_m.view(), observation.freq_hz.view(), image.view(), grid, options,
                        observation.weights.view(), visibilities.view(), JobContext());
  return visibilities;
}

/// u l + v m + w (n - 1) in wavelengths of 1 metre, for one pixel.
double path_m(const Vec3& uvw, const ImageGrid& grid, std::size_t y, std::size_t x) {
  const double l = -(static_cast<double>(x) - grid.nx / 2) * grid.cell_rad;
  const double m = (static_cast<double>(y) - grid.ny / 2) * grid.cell_rad;
  return uvw.x * l + uvw.y * m + uvw.z * (std::sqrt(1 - l * l - m * m) - 1);
}

/// One pixel of the dirty image by its definition.
double dft_pixel(const RandomObservation& observation, const ImageGrid& grid, std::size_t y, std::size_t x) {
  double sum = 0;
  for (std::size_t row = 0; row < observation.uvw_m.size(); ++row) {
    const double turns = path_m(observation.uvw_m(row), grid, y, x) / kSpeedOfLight;
    for (std::size_t c = 0; c < observation.freq_hz.size(); ++c) {
      const double weight = observation.weights(row, c);
      if (weight > 0)
        sum += weight *
               (Complex(observation.visibilities(row, c)) * std::polar(1.0, 2 * kPi * turns * observation.freq_hz(c)))
                   .real();
    }
  }
  return sum;
}

/// Rms error of the image, over corners, center and a sample of other pixels, relative to the rms that random
/// visibilities of these weights give (a handful of pixels may happen to be near 0, their own rms would not do).
double image_error(const RandomObservation& observation, const ImageGrid& grid, double epsilon,
                   std::size_t n_pixels = 60) {
  const auto image = grid_image(observation, grid, {epsilon, 2});
  std::mt19937 random(5);
  double error = 0, power = 0;
  for (std::size_t i = 0; i < observation.weights.size(); ++i)
    power += 0.5 * std::norm(Complex(observation.visibilities.data()[i]) * double(observation.weights.data()[i]));
  for (std::size_t i = 0; i < n_pixels; ++i) {
    std::size_t y = random() % grid.ny, x = random() % grid.nx;
    if (i < 4) y = i / 2 * (grid.ny - 1), x = i % 2 * (grid.nx - 1);
    if (i == 4) y = grid.ny / 2, x = grid.nx / 2;
    const double truth = dft_pixel(observation, grid, y, x);
    error += (image(y, x) - truth) * (image(y, x) - truth);
  }
  return std::sqrt(error / n_pixels / power);
}

/// Relative rms error of the visibilities of a few sources, one of them in the far corner.
double visibility_error(const RandomObservation& observation, const ImageGrid& grid, double epsilon) {
  NdArray<float, 2> image({grid.ny, grid.nx});
  const std::vector<std::array<std::size_t, 2>> sources{
      {0, 0}, {grid.ny / 2, grid.nx / 2}, {grid.ny / 3, grid.nx - 1}, {grid.ny - 1, grid.nx / 5}};
  for (std::size_t s = 0; s < sources.size(); ++s) image(sources[s][0], sources[s][1]) += 1.0f + s;
  const auto visibilities = degrid_image(observation, image, grid, {epsilon, 2});
  double error = 0, power = 0;
  for (std::size_t row = 0; row < observation.uvw_m.size(); ++row)
    for (std::size_t c = 0; c < observation.freq_hz.size(); ++c) {
      if (observation.weights(row, c) == 0) continue;
      Complex truth = 0;
      for (std::size_t s = 0; s < sources.size(); ++s)
        truth += (1.0 + s) * std::polar(1.0, -2 * kPi * observation.freq_hz(c) / kSpeedOfLight *
                                                 path_m(observation.uvw_m(row), grid, sources[s][0], sources[s][1]));
      error += std::norm(Complex(visibilities(row, c)) - truth);
      power += std::norm(truth);
    }
  return std::sqrt(error / power);
}

RandomObservation dsa_like(double dec_deg, std::size_t n_antennas = 24, std::size_t n_channels = 12,
                           double hours = 0.085) {
  std::mt19937 random(11);
  return test::observe(test::t_shaped_array(n_antennas, random), dec_deg * kDegree, 3, hours, n_channels, random);
}

RandomObservation ball(std::size_t n_antennas = 20) {
  std::mt19937 random(12);
  return test::observe(test::ball_array(n_antennas, random), 0.5, 2, 1, 10, random);
}

/// A square field of view of `degrees`, `npix` pixels a side.
ImageGrid field(double degrees, std::size_t npix) { return {npix, npix, degrees * kDegree / npix}; }

template <typename Array>
bool same_bits(const Array& a, const Array& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(*a.data())) == 0;
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

TEST_CASE("gridder: gridding and degridding are adjoint") {
  for (double epsilon : {1e-2, 1e-3, 1e-4, 1e-5, 1e-6}) {
    const RandomObservation observation = ball();
    const ImageGrid grid = field(3, 128);
    const auto gridded = grid_image(observation, grid, {epsilon, 2});
    std::mt19937 random(6);
    std::normal_distribution<float> normal;
    NdArray<float, 2> image({128, 128});
    for (float& pixel : image) pixel = normal(random);
    const auto degridded = degrid_image(observation, image, grid, {epsilon, 2});
    double in_images = 0, in_visibilities = 0, scale = 0;
    for (std::size_t i = 0; i < image.size(); ++i) in_images += double(image.data()[i]) * gridded.data()[i];
    for (std::size_t i = 0; i < degridded.size(); ++i) {
      const double weight = observation.weights.data()[i];
      const Complex product =
          std::conj(Complex(degridded.data()[i])) * Complex(observation.visibilities.data()[i]) * weight;
      in_visibilities += product.real();
      scale += std::norm(product);
    }
    CHECK(std::abs(in_images - in_visibilities) < 2e-6 * std::sqrt(scale));
  }
}

TEST_CASE("gridder: the number of threads does not change a bit") {
  const RandomObservation observation = dsa_like(0);
  const ImageGrid grid = field(3, 256);
  const auto one = grid_image(observation, grid, {1e-4, 1}), two = grid_image(observation, grid, {1e-4, 2}),
             five = grid_image(observation, grid, {1e-4, 5});
  CHECK(same_bits(one, two));
  CHECK(same_bits(one, five));
  CHECK(same_bits(degrid_image(observation, one, grid, {1e-4, 1}), degrid_image(observation, one, grid, {1e-4, 3})));
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
  const GriddingPlan plan =
      plan_gridding(observation.uvw_m.view(), observation.freq_hz.view(), observation.weights.view(), grid, {1e-5, 1});
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
  image_to_visibilities(observation.uvw_m.view(), observation.freq_hz.view(), image.view(), grid, {},
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
  CHECK(spoilt([](auto& o) { o.freq_hz(1) = 0; }));
  CHECK(spoilt([](auto& o) { o.freq_hz(1) = NAN; }));
  CHECK(spoilt([](auto& o) { o.visibilities = NdArray<std::complex<float>, 2>({1, 1}); }));
  CHECK(spoilt([](auto& o) { o.freq_hz = NdArray<double, 1>({3}); }));
}

TEST_CASE("gridder: stops when cancelled, and reports progress from 0 to 1") {
  const RandomObservation observation = ball(8);
  const ImageGrid grid = field(2, 64);
  NdArray<float, 2> image({64, 64});
  const auto run = [&](const JobContext& context) {
    visibilities_to_image(observation.uvw_m.view(), observation.freq_hz.view(), observation.visibilities.view(),
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
