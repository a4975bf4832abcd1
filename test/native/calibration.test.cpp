#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <random>

#include "calibration/calibrated_source.h"
#include "calibration/delay_fit.h"
#include "calibration/gain_curves.h"
#include "calibration/gain_fit.h"
#include "calibration/model_visibilities.h"
#include "calibration/solve.h"
#include "core/source_arrays.h"
#include "memory_source.h"

using namespace contimg;
using namespace contimg::calibration;
using Complex = std::complex<double>;

namespace {

struct NoisyProblem {
  std::vector<Complex> truth;
  GainProblem problem;
};

/// Gains of all phases and amplitudes of 0.5 to 1.5, a model of 2 Jy, noise `sigma` of unit weight.
NoisyProblem noisy_problem(std::size_t n, double sigma, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  NoisyProblem result{{}, GainProblem(n)};
  for (std::size_t i = 0; i < n; ++i) result.truth.push_back(std::polar(0.5 + uniform(random), 6.28 * uniform(random)));
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i < j; ++i) {
      const double model = 2, weight = 0.5 + uniform(random), noise = sigma / std::sqrt(weight);
      const Complex v = result.truth[i] * std::conj(result.truth[j]) * model +
                        Complex(noise * normal(random), noise * normal(random));
      result.problem.set(i, j, weight * v * model, weight * model * model);
    }
  return result;
}

/// (solved - true) / sigma of all antennas, after the common phase is taken out.
double chi_square(const GainFit& fit, const std::vector<Complex>& truth) {
  Complex common = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) common += fit.gains[i] * std::conj(truth[i]);
  common /= std::abs(common);
  double sum = 0;
  for (std::size_t i = 0; i < truth.size(); ++i)
    sum += std::norm((fit.gains[i] * std::conj(common) - truth[i]) / fit.sigma[i]);
  return sum / static_cast<double>(2 * truth.size() - 1);
}

SkyModel one_point(const Direction& direction, double flux_jy) {
  SkyModel model;
  model.components = {{direction, flux_jy, 1.4e9, {}, 0, 0, 0}};
  return model;
}

std::vector<std::complex<float>> predicted(const ModelVisibilities& model, std::size_t row, std::size_t first_channel,
                                           std::size_t n_channels) {
  NdArray<float, 2> re({1, n_channels}), im({1, n_channels});
  model.predict({row}, first_channel, re.view(), im.view(), 1);
  std::vector<std::complex<float>> result;
  for (std::size_t k = 0; k < n_channels; ++k) result.emplace_back(re(0, k), im(0, k));
  return result;
}

std::shared_ptr<Solutions> gains_of(const Observation& o, std::vector<double> times) {
  SolutionAxes axes;
  axes.term = Term::kGain;
  axes.antennas = o.antennas;
  axes.feeds = {-5, -6};
  axes.interval_s.assign(times.size(), 10);
  axes.time_mjd_s = std::move(times);
  axes.freq_hz = {1.4e9};
  axes.width_hz = {1e9};
  axes.spw_first_band = {0};
  auto result = std::make_shared<Solutions>(std::move(axes));
  for (auto& flag : result->flags) flag = 0;
  for (auto& value : result->values) value = 1;
  return result;
}

}  // namespace

TEST_CASE("gains are fitted within their errors") {
  double sum = 0;
  for (unsigned seed = 0; seed < 20; ++seed) {
    const NoisyProblem noisy = noisy_problem(40, 0.3, seed);
    const GainFit fit = fit_gains(noisy.problem, {});
    CHECK(fit.converged);
    sum += chi_square(fit, noisy.truth);
  }
  CHECK(sum / 20 == doctest::Approx(1).epsilon(0.1));
}

TEST_CASE("exact data give exact gains") {
  const NoisyProblem exact = noisy_problem(12, 0, 1);
  const GainFit fit = fit_gains(exact.problem, {});
  for (std::size_t i = 0; i < 12; ++i)
    CHECK(std::abs(fit.gains[i] * std::conj(fit.gains[0]) - exact.truth[i] * std::conj(exact.truth[0])) < 1e-6);
}

TEST_CASE("a phase alone is fitted whatever the amplitudes, within its error") {
  double sum = 0;
  GainFitOptions options;
  options.phase_only = true;
  for (unsigned seed = 0; seed < 20; ++seed) {
    const NoisyProblem noisy = noisy_problem(40, 0.3, seed);
    const GainFit fit = fit_gains(noisy.problem, options);
    Complex common = 0;
    for (std::size_t i = 0; i < 40; ++i) common += fit.gains[i] * std::conj(noisy.truth[i]);
    for (std::size_t i = 0; i < 40; ++i) {
      CHECK(std::abs(fit.gains[i]) == doctest::Approx(1));
      sum += std::pow(std::arg(fit.gains[i] * std::conj(noisy.truth[i] * common)) / fit.sigma[i], 2) / (20 * 39);
    }
  }
  CHECK(sum == doctest::Approx(1).epsilon(0.15));
}

TEST_CASE("baselines with interference do not spoil robust gains") {
  NoisyProblem noisy = noisy_problem(40, 0.3, 5);
  std::mt19937 random(6);
  for (int k = 0; k < 40; ++k) {  // 5 %
    const std::size_t i = random() % 40, j = random() % 40;
    if (i != j) noisy.problem.set(i, j, {100.0 * (k % 3 - 1), 80.0}, 4);
  }
  GainFitOptions plain;
  plain.robust = false;
  CHECK(chi_square(fit_gains(noisy.problem, {}), noisy.truth) < 1.6);
  const GainFit spoilt = fit_gains(noisy.problem, plain);
  GainFit judged = spoilt;
  judged.sigma = fit_gains(noisy.problem, {}).sigma;
  CHECK(chi_square(judged, noisy.truth) > 20);
}

TEST_CASE("a delay is found beyond turns of the phase, over gaps in the band") {
  std::vector<double> freq, sigma;
  std::vector<Complex> gains;
  std::mt19937 random(2);
  std::normal_distribution<double> normal;
  const double delay = 137.3e-9;
  for (int k = 0; k < 768; ++k) {
    if (k / 48 == 5) continue;
    freq.push_back(1.311e9 + 244140.625 * k);
    sigma.push_back(k % 97 == 0 ? 0 : 0.5);
    gains.push_back(std::polar(1.3, 2 * kPi * std::fmod(delay * freq.back(), 1.0) + 0.4) +
                    0.5 * Complex(normal(random), normal(random)));
    if (sigma.back() == 0) gains.back() = 1e6;
  }
  const DelayFit fit = fit_delay(freq, gains, sigma);
  CHECK(std::abs(fit.delay_s - delay) < 4 * fit.sigma_s);
  CHECK(fit.sigma_s < 4e-11);
  CHECK(fit.snr == doctest::Approx(1.3 / 0.5 * std::sqrt(712.0)).epsilon(0.05));
  CHECK(fit_delay({1e9}, {1.0}, {0.1}).sigma_s == 0);
}

TEST_CASE("model visibilities are those of the measurement equation, through the beam") {
  test::MemorySource source(6, 2, 8);
  const Observation& o = source.observation();
  const Direction place{o.phase_center[0].ra_rad + 0.02, o.phase_center[0].dec_rad - 0.01};
  for (const bool beam : {false, true}) {
    std::fill(source.visibilities.begin(), source.visibilities.end(), 0);
    source.add({place, 2.5}, beam);
    SkyModel model = one_point(place, 2.5);
    model.primary_beam = beam;
    const ModelVisibilities predictor(o, model, {0, 2}, {}, JobContext());
    float worst = 0;
    for (std::size_t row = 0; row < o.n_rows(); ++row) {
      const auto out = predicted(predictor, row, 2, 5);
      for (std::size_t k = 0; k < 5; ++k)
        worst = std::max(worst, std::abs(out[k] - source.visibilities[(row * 8 + 2 + k) * 2]));
    }
    CHECK(worst < 2e-5);
  }
}

TEST_CASE("a Gaussian and smearing are those of many points, and of many times and channels") {
  test::MemorySource source(8, 1, 4);
  const Observation& o = source.observation();
  const Direction center = o.phase_center[0];
  SkyModel gaussian = one_point(center, 1);
  gaussian.primary_beam = false;
  gaussian.components[0].major_rad = 120 * kArcsec;
  gaussian.components[0].minor_rad = 60 * kArcsec;
  gaussian.components[0].position_angle_rad = 30 * kDegree;
  const double sigma = 1 / std::sqrt(8 * std::log(2.0));
  SkyModel points;
  points.primary_beam = false;
  double total = 0;
  for (int i = -20; i <= 20; ++i)
    for (int j = -20; j <= 20; ++j) {
      const double a = 0.2 * i, b = 0.2 * j, flux = std::exp(-0.5 * (a * a + b * b));
      const double along = a * sigma * 120 * kArcsec, across = b * sigma * 60 * kArcsec;
      const double east = along * 0.5 + across * std::sqrt(0.75), north = along * std::sqrt(0.75) - across * 0.5;
      points.components.push_back(
          {{center.ra_rad + east / std::cos(center.dec_rad), center.dec_rad + north}, flux, 1.4e9, {}, 0, 0, 0});
      total += flux;
    }
  for (SkyComponent& point : points.components) point.flux_jy /= total;
  const ModelVisibilities one(o, gaussian, {0, 1}, {}, JobContext()), many(o, points, {0, 1}, {}, JobContext());
  float worst = 0, smallest = 1;
  for (std::size_t row = 0; row < o.n_rows(); ++row) {
    const auto a = predicted(one, row, 0, 4), b = predicted(many, row, 0, 4);
    worst = std::max(worst, std::abs(a[3] - b[3]));
    smallest = std::min(smallest, std::abs(a[3]));
  }
  CHECK(smallest < 0.8);
  CHECK(worst < 2e-3);

  SkyModel far = one_point({center.ra_rad, center.dec_rad + 0.03}, 1);
  far.smearing = true;
  far.primary_beam = false;
  source.observation().channel_width_hz.assign(4, 30e6);
  const ModelVisibilities smeared(o, far, {0, 1}, {}, JobContext());
  const Vec3 s = apparent_itrf(far.components[0].direction, o.time_mjd_s[0], o.site, {});
  const Vec3 s0 = apparent_itrf(center, o.time_mjd_s[0], o.site, {});
  worst = 0;
  for (std::size_t row = 0; row < o.n_rows(); ++row) {
    const auto a = predicted(smeared, row, 0, 4);
    const double path = dot(o.antennas[o.antenna2[row]].position_m - o.antennas[o.antenna1[row]].position_m, s - s0);
    Complex mean = 0;
    for (int k = 0; k < 200; ++k)
      mean += std::polar(1.0 / 200, -2 * kPi * (o.freq_hz[1] + 30e6 * ((k + 0.5) / 200 - 0.5)) * path / kSpeedOfLight);
    worst = std::max(worst, std::abs(a[1] - std::complex<float>(mean)));
  }
  CHECK(worst < 2e-3);  // the integration takes the rest: a turn of 1e-3 over it
}

TEST_CASE("gains are interpolated by amplitude and along the shorter arc") {
  test::MemorySource source(3, 1, 2);
  const Observation& o = source.observation();
  const auto gains = gains_of(o, {100, 200, 300});
  gains->values(0, 1, 0, 0) = std::polar(2.0, 170 * kDegree);
  gains->values(1, 1, 0, 0) = std::polar(4.0, -170 * kDegree);
  gains->flags(2, 1, 0, 0) = 3;
  gains->flags(0, 2, 0, 1) = gains->flags(1, 2, 0, 1) = gains->flags(2, 2, 0, 1) = 2;
  const GainCurves curves({gains}, o);
  NdArray<std::complex<float>, 3> out({3, 2, kFeeds});
  const auto at = [&](double time) {
    curves.fill(time, 0, out.view());
    return Complex(out(1, 1, 0));
  };
  CHECK(std::abs(at(150) - std::polar(3.0, kPi)) < 1e-5);
  CHECK(std::abs(at(125) - std::polar(2.5, 175 * kDegree)) < 1e-5);
  CHECK(std::abs(at(50) - std::polar(2.0, 170 * kDegree)) < 1e-5);     // before the first
  CHECK(std::abs(at(1000) - std::polar(4.0, -170 * kDegree)) < 1e-5);  // the last is flagged
  CHECK(out(2, 0, 1) == std::complex<float>(0));
  CHECK(out(2, 0, 0) == std::complex<float>(1));
}

TEST_CASE("a calibrated source divides, scales weights and flags") {
  auto raw = std::make_unique<test::MemorySource>(3, 2, 4);
  raw->add({raw->observation().phase_center[0], 1});
  const SourceArrays before = read_all(*raw, JobContext());
  const Observation o = raw->observation();
  const auto gains = gains_of(o, {o.time_mjd_s[0]});
  gains->values(0, 0, 0, 0) = {0, 2};
  gains->values(0, 1, 0, 0) = {3, 0};
  gains->flags(0, 2, 0, 1) = 1;
  CalibratedSource source(std::move(raw), {gains});
  const SourceArrays after = read_all(source, JobContext());
  for (std::size_t row = 0; row < o.n_rows(); ++row) {
    const bool ab = o.antenna1[row] == 0 && o.antenna2[row] == 1, has_c = o.antenna2[row] == 2;
    for (std::size_t k = 0; k < 4; ++k) {
      const auto got = after.visibilities(row, k, 0), was = before.visibilities(row, k, 0);
      if (ab) CHECK(std::abs(got * std::complex<float>(0, 6) - was) < 1e-5f);
      if (ab) CHECK(after.weights(row, k, 0) == doctest::Approx(36));
      CHECK(int(after.flags(row, k, 1)) == int(has_c));
      CHECK((after.weights(row, k, 1) > 0) == !has_c);
    }
  }
}

TEST_CASE("solutions of other antennas or other frequencies are refused") {
  test::MemorySource source(3, 1, 2);
  auto gains = gains_of(source.observation(), {100});
  gains->freq_hz = {2e9};
  gains->width_hz = {1e6};
  CHECK_THROWS_WITH_AS(GainCurves({gains}, source.observation()), doctest::Contains("none of its channels"), Error);
  gains = gains_of(source.observation(), {100});
  for (Antenna& antenna : gains->antennas) antenna.name = "x" + antenna.name;
  CHECK_THROWS_WITH_AS(GainCurves({gains}, source.observation()), doctest::Contains("none of its names"), Error);
}

TEST_CASE("what cannot be solved is flagged with the reason") {
  test::MemorySource source(8, 3, 4);
  const Observation& o = source.observation();
  const Direction center = o.phase_center[1];
  source.add({center, 5});
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 0.1f);
  for (std::size_t i = 0; i < source.visibilities.size(); ++i) {
    const std::size_t row = i / 8;
    const bool dead = o.antenna1[row] == 2 || o.antenna2[row] == 2;
    if (dead) source.visibilities[i] = 0;
    source.visibilities[i] += std::complex<float>(normal(random), normal(random));
    if (o.antenna1[row] == 4 || o.antenna2[row] == 4) source.flags[i] = 1;
    if ((o.antenna1[row] == 5 || o.antenna2[row] == 5) && o.antenna1[row] > 1) source.flags[i] = 1;
  }
  SolveOptions options;
  options.term = Term::kBandpass;
  options.threads = 2;
  const Solutions bandpass = solve(source, one_point(center, 5), options, JobContext());
  const auto flag = [&](std::size_t antenna) { return static_cast<SolutionFlag>(bandpass.flags(0, antenna, 1, 0)); };
  CHECK(flag(0) == SolutionFlag::kGood);
  CHECK(flag(4) == SolutionFlag::kNoData);
  CHECK(flag(5) == SolutionFlag::kFewBaselines);
  CHECK((flag(2) == SolutionFlag::kLowSnr || flag(2) == SolutionFlag::kDead));
  CHECK(std::abs(std::abs(bandpass.values(0, 7, 2, 1)) - 1) < 0.05);
  options.reference = "2";
  CHECK_THROWS_WITH_AS(solve(source, one_point(center, 5), options, JobContext()),
                       doctest::Contains("an SNR of at least"), Error);
}
