#include "imaging/restoring_beam.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/constants.h"
#include "core/error.h"
#include "core/nd_array.h"

using namespace contimg;
using namespace contimg::imaging;

namespace {
constexpr double kCell = 3 * kArcsec;

/// exp(-4 ln2 (along^2/major^2 + across^2/minor^2)) at a place given by its offsets to the east and north.
double gaussian(double east, double north, const RestoringBeam& beam) {
  const double s = std::sin(beam.position_angle_rad), c = std::cos(beam.position_angle_rad);
  const double along = east * s + north * c, across = east * c - north * s;
  return std::exp(
      -4 * std::log(2.0) *
      (along * along / (beam.major_rad * beam.major_rad) + across * across / (beam.minor_rad * beam.minor_rad)));
}

/// A core of the given shape in a deep negative ring, as the PSF of a two-scale array has.
NdArray<float, 2> psf_of(const RestoringBeam& beam, double ring, std::size_t n = 128) {
  NdArray<float, 2> psf({n, n});
  const RestoringBeam wide{2.5 * beam.major_rad, 2.5 * beam.minor_rad, beam.position_angle_rad};
  for (std::size_t y = 0; y < n; ++y)
    for (std::size_t x = 0; x < n; ++x) {
      const double east = -(double(x) - double(n / 2)) * kCell, north = (double(y) - double(n / 2)) * kCell;
      psf(y, x) = static_cast<float>((1 + ring) * gaussian(east, north, beam) - ring * gaussian(east, north, wide));
    }
  return psf;
}

std::string code_of(NdView<const float, 2> psf) {
  try {
    fit_restoring_beam(psf, kCell);
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}
}  // namespace

TEST_CASE("restoring beam: a Gaussian gives its own widths and position angle, north through east") {
  for (const double angle_deg : {-80.0, -30.0, 0.0, 25.0, 60.0, 90.0}) {
    const RestoringBeam truth{38 * kArcsec, 21 * kArcsec, angle_deg * kDegree};
    const auto psf = psf_of(truth, 0);
    const RestoringBeam beam = fit_restoring_beam(psf.view(), kCell);
    CHECK(beam.major_rad == doctest::Approx(truth.major_rad).epsilon(1e-5));
    CHECK(beam.minor_rad == doctest::Approx(truth.minor_rad).epsilon(1e-5));
    CHECK(std::abs(std::sin(beam.position_angle_rad - truth.position_angle_rad)) < 1e-5);
    CHECK(beam.position_angle_rad > -kPi / 2);
    CHECK(beam.position_angle_rad <= kPi / 2);
  }
}

TEST_CASE("restoring beam: a deep negative ring is not taken for a part of the lobe") {
  const RestoringBeam core{34 * kArcsec, 16 * kArcsec, 0.3};
  const auto psf = psf_of(core, 0.4);
  const RestoringBeam beam = fit_restoring_beam(psf.view(), kCell);
  // Half maximum of the profile 1.4 g - 0.4 g_wide, by bisection along the major axis.
  double low = 0, high = core.major_rad;
  for (int i = 0; i < 60; ++i) {
    const double r = 0.5 * (low + high), wide = r / 2.5;
    const double value = 1.4 * gaussian(r * std::sin(0.3), r * std::cos(0.3), core) -
                         0.4 * gaussian(wide * std::sin(0.3), wide * std::cos(0.3), core);
    (value > 0.5 ? low : high) = r;
  }
  CHECK(beam.major_rad == doctest::Approx(2 * low).epsilon(0.03));
}

TEST_CASE("restoring beam: a lobe that reaches the edge or is too small is refused") {
  NdArray<float, 2> fringe({64, 64});
  for (std::size_t y = 0; y < 64; ++y)
    for (std::size_t x = 0; x < 64; ++x) fringe(y, x) = static_cast<float>(std::cos(0.3 * (double(x) - 32)));
  CHECK(code_of(fringe.view()) == code::kNoValidData);
  NdArray<float, 2> spike({64, 64});
  spike(32, 32) = 1;
  CHECK(code_of(spike.view()) == code::kInvalidArgument);
}

TEST_CASE("restoring beam: cells as coarse as half the minor axis still give it") {
  const RestoringBeam truth{14 * kArcsec, 6 * kArcsec, 0.4};
  const RestoringBeam beam = fit_restoring_beam(psf_of(truth, 0).view(), kCell);
  CHECK(beam.major_rad == doctest::Approx(truth.major_rad).epsilon(1e-4));
  CHECK(beam.minor_rad == doctest::Approx(truth.minor_rad).epsilon(1e-4));
}

TEST_CASE("restoring a model draws each component as the beam, clipped at the edges") {
  const RestoringBeam beam{30 * kArcsec, 18 * kArcsec, 0.7};
  NdArray<float, 2> model({64, 80}), image({64, 80});
  model(20, 30) = 2;
  model(0, 79) = -1;
  restore(model.view(), beam, kCell, image.view());
  double worst = 0;
  for (std::size_t y = 0; y < 64; ++y)
    for (std::size_t x = 0; x < 80; ++x) {
      const double expected = 2 * gaussian(-(double(x) - 30) * kCell, (double(y) - 20) * kCell, beam) -
                              gaussian(-(double(x) - 79) * kCell, double(y) * kCell, beam);
      worst = std::max(worst, std::abs(image(y, x) - expected));
    }
  CHECK(worst < 1e-6);
  CHECK(image(20, 30) == doctest::Approx(2).epsilon(1e-7));
}
