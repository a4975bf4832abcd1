#include <doctest/doctest.h>

#include "coordinates/apparent.h"
#include "coordinates/site.h"
#include "coordinates/tile_center.h"
#include "core/constants.h"
#include "core/error.h"

using namespace contimg;

namespace {
const Site kTee{-118.283000 * kDegree, 37.233405 * kDegree, 1188.0519};
const double kTime = (60700.9 * kSecondsPerDay);
}  // namespace

TEST_CASE("a site survives the way to ITRF and back") {
  const Site site = site_of_itrf(itrf_of_site(kTee));
  CHECK(site.longitude_rad == doctest::Approx(kTee.longitude_rad).epsilon(1e-14));
  CHECK(site.latitude_rad == doctest::Approx(kTee.latitude_rad).epsilon(1e-14));
  CHECK(std::abs(site.height_m - kTee.height_m) < 1e-6);
}

TEST_CASE("the meridian position appears at hour angle 0 and the pointing declination") {
  for (double dec_deg : {-30.0, 16.15, 54.57, 80.0}) {
    const Direction icrs = meridian_icrs(dec_deg * kDegree, kTime, kTee, {});
    const Vec3 seen = apparent_itrf(icrs, kTime, kTee, {});
    CHECK(norm(seen - hadec_itrf(0, dec_deg * kDegree, kTee)) < 1e-10);
  }
}

TEST_CASE("the uvw frame is right-handed, orthonormal, and u points to larger right ascension") {
  const Direction center{5.9, 0.28};
  const UvwFrame frame = uvw_frame(center, kTime, kTee, {});
  CHECK(norm(cross(frame.u, frame.v) - frame.w) < 1e-12);
  CHECK(dot(apparent_itrf({5.901, 0.28}, kTime, kTee, {}), frame.u) > 0);
  CHECK(dot(apparent_itrf({5.9, 0.281}, kTime, kTee, {}), frame.v) > 0);
}

TEST_CASE("the aberration scale is that of the apparent directions") {
  for (double ra : {0.3, 2.0, 4.1, 5.9}) {
    const Direction center{ra, 0.28}, beside{ra, 0.29};
    const UvwFrame frame = uvw_frame(center, kTime, kTee, {});
    const double apparent = std::asin(dot(apparent_itrf(beside, kTime, kTee, {}), frame.v));
    CHECK(apparent / 0.01 == doctest::Approx(aberration_scale(center, kTime)).epsilon(1e-6));
  }
}

TEST_CASE("the tile center is the meridian position at mid time, the mean pointing where the array tracks") {
  Observation drift;
  drift.site = kTee;
  for (int t = 0; t < 24; ++t) {
    drift.time_mjd_s.push_back(kTime + 12.9 * t);
    drift.pointing.push_back(meridian_icrs(16.15 * kDegree, drift.time_mjd_s.back(), kTee, {}));
  }
  const Direction expected = meridian_icrs(16.15 * kDegree, kTime + 12.9 * 11.5, kTee, {});
  CHECK(std::abs(tile_center(drift).ra_rad - expected.ra_rad) < 1e-9);
  CHECK(std::abs(tile_center(drift).dec_rad - expected.dec_rad) < 1e-9);

  Observation tracking = drift;
  tracking.pointing.assign(24, Direction{5.9, 0.3});
  CHECK(std::abs(tile_center(tracking).ra_rad - (5.9 - 2 * kPi)) < 1e-12);
  CHECK(std::abs(tile_center(tracking).dec_rad - 0.3) < 1e-12);
  CHECK_THROWS_AS(tile_center(Observation{}), Error);
}
