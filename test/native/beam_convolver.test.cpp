#include "mosaic/beam_convolver.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/constants.h"
#include "core/error.h"

namespace contimg::mosaic {
namespace {

constexpr std::size_t kSide = 96;

Covariance beam(double major, double minor, double angle) {
  const double a = major * major / (8 * std::log(2.0)), b = minor * minor / (8 * std::log(2.0));
  const double c = std::cos(angle), s = std::sin(angle);
  return {a * c * c + b * s * s, (a - b) * c * s, a * s * s + b * c * c};
}

/// A point source of 1 Jy between pixels.
std::vector<float> point_source(const Covariance& shape) {
  std::vector<float> image(kSide * kSide);
  const double det = shape.xx * shape.yy - shape.xy * shape.xy;
  for (std::size_t i = 0; i < image.size(); ++i) {
    const double x = static_cast<double>(i % kSide) - 47.7, y = static_cast<double>(i / kSide) - 48.2;
    const double q = (shape.yy * x * x - 2 * shape.xy * x * y + shape.xx * y * y) / det;
    image[i] = static_cast<float>(std::exp(-q / 2));
  }
  return image;
}

/// Largest difference of any pixel from a point source with the beam `to`.
double worst_error(const Covariance& from, const Covariance& to) {
  const auto image = point_source(from), expected = point_source(to);
  std::vector<float> found(image.size());
  const BeamConvolver convolver(from, to);
  REQUIRE(convolver.half_width() < 30);
  convolver.convolve(image.data(), kSide, kSide, kSide, found.data());
  double worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (std::isfinite(found[i])) worst = std::max(worst, std::abs(static_cast<double>(found[i]) - expected[i]));
  return worst;
}

}  // namespace

TEST_CASE("a source keeps its peak and has the common beam however little wider that is") {
  for (double width : {3.0, 4.0, 5.0, 7.0})
    for (double growth : {1.0, 1.0002, 1.001, 1.005, 1.01, 1.02, 1.05, 1.1, 1.2, 1.5, 2.0}) {
      CAPTURE(width);
      CAPTURE(growth);
      CHECK(worst_error(beam(width, width, 0), beam(width * growth, width * growth, 0)) < (width > 3 ? 3e-4 : 1e-3));
    }
}

TEST_CASE("a source has the common beam where it is wider in one direction alone") {
  for (double angle : {0.0, 0.3, kPi / 4, 2.0})
    for (double growth : {1.01, 1.05, 1.3, 2.0}) {
      CAPTURE(angle);
      CAPTURE(growth);
      CHECK(worst_error(beam(5, 5, 0), beam(5 * growth, 5, angle)) < 1e-4);
      CHECK(worst_error(beam(5, 4, angle), beam(5 * growth, 4 * growth, angle)) < 1e-4);
    }
  CHECK(worst_error(beam(7, 4, 0.4), beam(8, 6.5, 0.5)) < 1e-4);
}

TEST_CASE("the same beam leaves every pixel, also those at the border") {
  const auto image = point_source(beam(5, 4, 0.3));
  std::vector<float> found(image.size());
  BeamConvolver(beam(5, 4, 0.3), beam(5, 4, 0.3)).convolve(image.data(), kSide, kSide, kSide, found.data());
  CHECK(found == image);
}

TEST_CASE("a pixel without value blanks what its kernel reaches, and no narrower beam is made") {
  const Covariance from = beam(5, 5, 0), to = beam(8, 6.5, 0.5);
  auto image = point_source(from);
  image[20 * kSide + 30] = NAN;
  std::vector<float> found(image.size());
  const BeamConvolver convolver(from, to);
  convolver.convolve(image.data(), kSide, kSide, kSide, found.data());
  const std::size_t h = convolver.half_width();
  CHECK(std::isnan(found[20 * kSide + 30]));
  CHECK(std::isfinite(found[20 * kSide + 31 + h]));
  CHECK(std::isnan(found[(h - 1) * kSide + kSide / 2]));
  CHECK(std::isfinite(found[h * kSide + kSide / 2]));
  CHECK_THROWS_AS(BeamConvolver(beam(9, 3, 0), to), Error);
}

}  // namespace contimg::mosaic
