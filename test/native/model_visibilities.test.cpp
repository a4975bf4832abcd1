#include "calibration/model_visibilities.h"

#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <random>

#include "coordinates/apparent.h"
#include "core/airy.h"
#include "core/error.h"
#include "imaging/degridded_points.h"
#include "memory_source.h"

using namespace contimg;
using namespace contimg::calibration;

namespace {

/// A spiral of up to `radius_m`, `n_channels` over 190 MHz.
test::MemorySource array_of(std::size_t n_antennas, double radius_m, std::size_t n_times, std::size_t n_channels) {
  test::MemorySource source(n_antennas, n_times, n_channels);
  Observation& o = source.observation();
  const Vec3 middle = o.antennas[0].position_m;
  for (Antenna& antenna : o.antennas) antenna.position_m = middle + radius_m / 160 * (antenna.position_m - middle);
  source.set_times(o.time_mjd_s);
  return source;
}

/// Sources of all kinds of spectra in a square; 0.07 rad is out to the first sidelobe of the beam.
SkyModel crowded_sky(const Observation& o, std::size_t n_points, std::size_t n_gaussians,
                     double half_width_rad = 0.07) {
  std::mt19937 random(4);
  std::uniform_real_distribution<double> uniform(-1, 1);
  SkyModel model;
  for (std::size_t i = 0; i < n_points + n_gaussians; ++i) {
    SkyComponent component;
    component.direction = {o.phase_center[0].ra_rad + half_width_rad * uniform(random),
                           o.phase_center[0].dec_rad + half_width_rad * uniform(random)};
    component.flux_jy = std::pow(10.0, uniform(random));
    component.reference_hz = 1.4e9;
    component.log_terms = {-0.7 + 1.3 * uniform(random), 0.4 * uniform(random)};
    if (i >= n_points) {
      component.major_rad = (60 + 50 * uniform(random)) * kArcsec;
      component.minor_rad = 0.6 * component.major_rad;
      component.position_angle_rad = 3 * uniform(random);
    }
    model.components.push_back(component);
  }
  return model;
}

double total_flux(const SkyModel& model) {
  double total = 0;
  for (const SkyComponent& component : model.components) total += component.flux_jy;
  return total;
}

/// What a row is by the definition, term by term in double precision, of points.
std::vector<std::complex<double>> transform(const Observation& o, const SkyModel& model, std::size_t row) {
  const std::size_t t = o.time_index[row];
  const auto seen = [&](const Direction& d) { return apparent_itrf(d, o.time_mjd_s[t], o.site, o.earth_orientation); };
  const Vec3 center = seen(o.phase_center[t]), pointing = seen(o.pointing[t]);
  const Vec3 baseline = o.antennas[o.antenna2[row]].position_m - o.antennas[o.antenna1[row]].position_m;
  std::vector<std::complex<double>> result(o.n_channels());
  for (const SkyComponent& component : model.components) {
    const Vec3 source = seen(component.direction);
    const double path = dot(baseline, source - center), angle = norm(cross(source, pointing));
    for (std::size_t k = 0; k < o.n_channels(); ++k) {
      const double flux = flux_at(component, o.freq_hz[k]) *
                          (model.primary_beam ? airy_power(angle, o.antennas[0].diameter_m, o.freq_hz[k]) : 1);
      result[k] += std::polar(flux, -2 * kPi * o.freq_hz[k] * path / kSpeedOfLight);
    }
  }
  return result;
}

const imaging::PointDegridder degridder;

struct Predicted {
  NdArray<float, 2> re, im;
  Prediction method;
  std::complex<double> at(std::size_t row, std::size_t k) const { return {re(row, k), im(row, k)}; }
};

/// All rows, in blocks of channels that begin and end anywhere.
Predicted predict_all(const Observation& o, const SkyModel& model, Prediction method, unsigned threads = 2) {
  const std::size_t n_times = o.time_mjd_s.size(), n_channels = o.n_channels();
  const ModelVisibilities seen(o, model, {0, n_times}, {method, &degridder, threads}, JobContext());
  Predicted result{NdArray<float, 2>({o.n_rows(), n_channels}), NdArray<float, 2>({o.n_rows(), n_channels}),
                   seen.method()};
  CHECK(seen.times().end == n_times);
  for (std::size_t t = 0; t < n_times; ++t)
    for (std::size_t first = 0; first < n_channels; first += 37) {
      std::vector<std::size_t> rows;
      for (std::size_t row = 0; row < o.n_rows(); ++row)
        if (o.time_index[row] == t) rows.push_back(row);
      const std::size_t count = std::min<std::size_t>(37, n_channels - first);
      NdArray<float, 2> re({rows.size(), count}), im({rows.size(), count});
      seen.predict(rows, first, re.view(), im.view(), threads);
      for (std::size_t i = 0; i < rows.size(); ++i)
        for (std::size_t k = 0; k < count; ++k) {
          result.re(rows[i], first + k) = re(i, k);
          result.im(rows[i], first + k) = im(i, k);
        }
    }
  return result;
}

double largest_difference(const Predicted& a, const Predicted& b) {
  double worst = 0;
  for (std::size_t row = 0; row < a.re.shape(0); ++row)
    for (std::size_t k = 0; k < a.re.shape(1); ++k) worst = std::max(worst, std::abs(a.at(row, k) - b.at(row, k)));
  return worst;
}

/// Of every 17th row, against the definition.
double largest_error(const Observation& o, const SkyModel& model, const Predicted& predicted) {
  double worst = 0;
  for (std::size_t row = 0; row < o.n_rows(); row += 17) {
    const auto truth = transform(o, model, row);
    for (std::size_t k = 0; k < o.n_channels(); ++k) worst = std::max(worst, std::abs(predicted.at(row, k) - truth[k]));
  }
  return worst;
}

}  // namespace

TEST_CASE("sums at channels and at nodes are what the measurement equation says") {
  test::MemorySource source = array_of(30, 1300, 2, 384);
  for (const bool beam : {false, true}) {
    SkyModel model = crowded_sky(source.observation(), 100, 0);
    model.primary_beam = beam;
    for (const Prediction method : {Prediction::kChannels, Prediction::kNodes}) {
      const Predicted predicted = predict_all(source.observation(), model, method);
      CHECK(predicted.method == method);
      CHECK(largest_error(source.observation(), model, predicted) < 1e-5 * total_flux(model));
    }
  }
}

TEST_CASE("degridding gives what the measurement equation says") {
  test::MemorySource source = array_of(20, 400, 4, 96);
  Observation& o = source.observation();
  SkyModel model = crowded_sky(o, 100, 0, 0.04);
  model.primary_beam = false;
  const auto is_right = [&] {
    const Predicted predicted = predict_all(o, model, Prediction::kDegridding);
    CHECK(predicted.method == Prediction::kDegridding);
    return largest_error(o, model, predicted) < 5e-5 * total_flux(model);
  };
  SUBCASE("without a beam") { CHECK(is_right()); }
  SUBCASE("through the beam, which differs from integration to integration") {
    model.primary_beam = true;
    CHECK(is_right());
  }
  SUBCASE("for antennas on a mountain, none of them level with others") {
    std::mt19937 random(8);
    std::uniform_real_distribution<double> uniform(-200, 200);
    for (Antenna& antenna : o.antennas)
      antenna.position_m = antenna.position_m + Vec3{uniform(random), uniform(random), uniform(random)};
    source.set_times(o.time_mjd_s);
    CHECK(is_right());
  }
  SUBCASE("beside Gaussians, which are summed") {
    const SkyModel mixed = crowded_sky(o, 30, 5, 0.03);
    const Predicted degridded = predict_all(o, mixed, Prediction::kDegridding);
    CHECK(degridded.method == Prediction::kDegridding);
    CHECK(largest_difference(degridded, predict_all(o, mixed, Prediction::kNodes)) < 5e-5 * total_flux(mixed));
  }
  SUBCASE("over an hour and a half, phased to the meridian all the time") {
    model.components.resize(60);
    source.set_times({o.time_mjd_s[0], o.time_mjd_s[0] + 1000, o.time_mjd_s[0] + 3000, o.time_mjd_s[0] + 5400});
    CHECK(is_right());
  }
}

TEST_CASE("what cannot be degridded is summed at nodes") {
  test::MemorySource source = array_of(12, 200, 1, 64);
  const Observation& o = source.observation();
  SkyModel model = crowded_sky(o, 20, 0, 0.03);
  model.smearing = true;
  CHECK(predict_all(o, model, Prediction::kDegridding).method == Prediction::kNodes);
  model.smearing = false;
  model.components[0].direction.ra_rad += kPi;  // no image holds both sides of the sky
  CHECK(predict_all(o, model, Prediction::kDegridding).method == Prediction::kNodes);
  CHECK(predict_all(o, crowded_sky(o, 0, 9, 0.03), Prediction::kDegridding).method == Prediction::kNodes);
}

TEST_CASE("nodes hold over gaps in the band, uneven channels and an octave") {
  test::MemorySource source = array_of(20, 600, 1, 256);
  Observation& o = source.observation();
  for (std::size_t k = 0; k < 256; ++k) o.freq_hz[k] = 0.8e9 + 3e6 * static_cast<double>(k + (k > 100 ? 20 : 0));
  o.freq_hz[70] += 0.7e6;
  SkyModel model = crowded_sky(o, 80, 0);
  for (SkyComponent& component : model.components) component.log_terms = {-2.5, 1};
  const Predicted predicted = predict_all(o, model, Prediction::kNodes);
  CHECK(largest_error(o, model, predicted) < 1e-5 * 5 * total_flux(model));  // at 0.8 GHz five times as bright
}

TEST_CASE("nodes hold for Gaussians and smearing as channels do") {
  test::MemorySource source = array_of(16, 500, 2, 256);
  for (const bool smearing : {false, true}) {
    SkyModel model = crowded_sky(source.observation(), 20, 40);
    model.smearing = smearing;
    const Predicted nodes = predict_all(source.observation(), model, Prediction::kNodes),
                    channels = predict_all(source.observation(), model, Prediction::kChannels);
    CHECK(nodes.method == Prediction::kNodes);
    CHECK(largest_difference(nodes, channels) < 1e-5 * total_flux(model));
  }
  source.observation().channel_width_hz[3] *= 2;
  SkyModel uneven = crowded_sky(source.observation(), 20, 0);
  uneven.smearing = true;
  CHECK(predict_all(source.observation(), uneven, Prediction::kNodes).method == Prediction::kChannels);
}

TEST_CASE("the cheapest way to predict depends on how many components there are, not on threads") {
  test::MemorySource source = array_of(40, 1300, 3, 384);
  const Observation& o = source.observation();
  CHECK(predict_all(o, crowded_sky(o, 1, 0), Prediction::kCheapest).method == Prediction::kChannels);
  const SkyModel many = crowded_sky(o, 400, 10);
  const Predicted one = predict_all(o, many, Prediction::kCheapest, 1),
                  two = predict_all(o, many, Prediction::kCheapest);
  CHECK(one.method == Prediction::kNodes);
  CHECK(largest_difference(one, two) == 0);
  CHECK_THROWS_WITH_AS(predict_all(o, SkyModel(), Prediction::kCheapest), doctest::Contains("at least one source"),
                       Error);
}
