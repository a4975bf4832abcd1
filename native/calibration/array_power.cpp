// Spectral window by spectral window: the level of each baseline first, then for each time a walk over the baselines,
// all channels at once. Logarithms are of products of several powers: they take longer than everything else.
#include "calibration/array_power.h"

#include <algorithm>
#include <cmath>

#include "calibration/window_amplitudes.h"
#include "core/median.h"
#include "core/parallel.h"
#include "core/simd.h"

namespace contimg::calibration {
namespace {

constexpr std::size_t kLevelSamples = 256;  // of a baseline's amplitudes: their median is good to 8 %
constexpr float kStandsOut = 2.5;           // times the level: of noise kOutlyingNoise do, in every cell alike
constexpr double kLeastLeft = 0.3;          // of the baselines
constexpr double kLeastOnSome = 0.05;       // part of the baselines: what all have of 1 sigma lets as many stand out
constexpr double kMostOnSome = 0.6;
constexpr std::size_t kPowersPerLog = 8;  // relative powers are within 1e+-38, their product within 1e+-304

/// What of a baseline and polarization there is in a window.
struct Level {
  float inverse = 0;  ///< 1 / median amplitude; 0 without
  std::size_t good = 0, given = 0;
};

Level level_of(const float* amplitudes, std::size_t n) {
  Level level;
  std::vector<float> sample;
  const std::size_t step = std::max<std::size_t>(1, n / kLevelSamples) | 1;  // odd: not always the same channels
  for (std::size_t i = 0; i < n; ++i) {
    level.given += amplitudes[i] >= 0;
    level.good += amplitudes[i] > 0;
    if (amplitudes[i] > 0 && i % step == 0) sample.push_back(amplitudes[i]);
  }
  if (!sample.empty()) level.inverse = 1 / upper_median(sample.data(), sample.size());
  return level;
}

/// Sums of one time over baselines, per channel: of all, and without those that stand out.
struct ChannelSums {
  explicit ChannelSums(std::size_t n)
      : all(n, 1), inliers(n, 1), log_all(n, 0), log_inliers(n, 0), n_all(n, 0), n_inliers(n, 0) {}
  std::vector<double> all, inliers, log_all, log_inliers;
  std::vector<float> n_all, n_inliers;

  void take_logs() {
    for (std::size_t k = 0; k < all.size(); ++k) {
      log_all[k] += std::log(all[k]);
      log_inliers[k] += std::log(inliers[k]);
      all[k] = inliers[k] = 1;
    }
  }
};

CONTIMG_SIMD void multiply_powers(std::size_t n, const float* amplitudes, float inverse_level, double* all,
                                  double* inliers, float* n_all, float* n_inliers) {
  for (std::size_t k = 0; k < n; ++k) {
    const float relative = amplitudes[k] * inverse_level;
    const bool good = amplitudes[k] > 0, inlier = good & (relative <= kStandsOut);
    const double power = static_cast<double>(relative) * relative;
    all[k] *= good ? power : 1.0;
    inliers[k] *= inlier ? power : 1.0;
    n_all[k] += good ? 1.0f : 0.0f;
    n_inliers[k] += inlier ? 1.0f : 0.0f;
  }
}

void add_time(const WindowAmplitudes& window, const std::vector<Level>& levels, std::size_t p, std::size_t t,
              ArrayPower& power) {
  const auto [n_baselines, n_pols, n_times, n_channels] = window.values.shape();
  ChannelSums sums(n_channels);
  std::size_t n = 0;
  for (std::size_t b = 0; b < n_baselines; ++b) {
    const float inverse = levels[b * n_pols + p].inverse;
    if (!(inverse > 0)) continue;
    multiply_powers(n_channels, &window.values(b, p, t, 0), inverse, sums.all.data(), sums.inliers.data(),
                    sums.n_all.data(), sums.n_inliers.data());
    if (++n % kPowersPerLog == 0) sums.take_logs();
  }
  sums.take_logs();
  for (std::size_t k = 0; k < n_channels; ++k) {
    const double n_all = sums.n_all[k], n_inliers = sums.n_inliers[k];
    const bool enough = n_inliers >= kLeastLeft * n_all;
    power.absent(p, t, window.first_channel + k) = n_all < 0.5;
    if (n_all < 0.5) continue;
    power.outlying(p, t, window.first_channel + k) = static_cast<float>(1 - n_inliers / n_all);
    power.log_power(p, t, window.first_channel + k) =
        static_cast<float>(enough ? sums.log_inliers[k] / n_inliers : sums.log_all[k] / n_all);
  }
}

/// Levels of cross-correlations, (baselines, pols).
std::vector<Level> measure_levels(const WindowAmplitudes& window, const WindowCollector& collector, unsigned threads) {
  const auto [n_baselines, n_pols, n_times, n_channels] = window.values.shape();
  std::vector<Level> levels(n_baselines * n_pols);
  parallel_for(n_baselines, threads, [&, n_pols = n_pols, n = n_times * n_channels](std::size_t b) {
    if (!collector.is_cross(b)) return;
    for (std::size_t p = 0; p < n_pols; ++p) levels[b * n_pols + p] = level_of(&window.values(b, p, 0, 0), n);
  });
  return levels;
}

void add_antennas(const std::vector<Level>& levels, const WindowCollector& collector, const Observation& o,
                  ArrayPower& power) {
  const std::size_t n_pols = o.n_pols();
  for (std::size_t b = 0; b < collector.n_baselines(); ++b)
    for (std::size_t p = 0; p < n_pols; ++p) {
      const Level& level = levels[b * n_pols + p];
      const std::size_t row = collector.rows(b).front();
      const double sum = level.good > 0 ? -2 * std::log(level.inverse) * static_cast<double>(level.good) : 0;
      for (const std::size_t antenna : {o.antenna1[row], o.antenna2[row]}) {
        const std::size_t i = antenna * n_pols + p;
        power.antenna_log_power[i] += sum;
        power.antenna_good[i] += level.good;
        power.antenna_given[i] += level.given;
      }
    }
}

}  // namespace

bool is_on_some(double rise, double outlying, double alike) {
  if (outlying < kLeastOnSome || outlying > kMostOnSome) return false;
  return rise < alike * std::sqrt(outlying - kOutlyingNoise);
}

ArrayPower measure_array_power(VisibilitySource& source, unsigned threads, const JobContext& context) {
  const Observation& o = source.observation();
  const std::array<std::size_t, 3> shape{o.n_pols(), o.time_mjd_s.size(), o.n_channels()};
  const std::size_t n_antennas = o.antennas.size() * o.n_pols();
  ArrayPower power{NdArray<float, 3>(shape),
                   NdArray<float, 3>(shape),
                   NdArray<std::uint8_t, 3>(shape),
                   std::vector<double>(n_antennas, 0.0),
                   std::vector<std::size_t>(n_antennas, 0),
                   std::vector<std::size_t>(n_antennas, 0)};
  std::fill(power.absent.begin(), power.absent.end(), std::uint8_t{1});
  WindowCollector collector(o, threads);
  source.read(
      [&](VisibilityBlock& block) {
        const auto window = collector.add(block);
        if (!window) return;
        const std::vector<Level> levels = measure_levels(*window, collector, threads);
        parallel_for(shape[0] * shape[1], threads,
                     [&](std::size_t task) { add_time(*window, levels, task % shape[0], task / shape[0], power); });
        add_antennas(levels, collector, o, power);
      },
      context);
  for (std::size_t i = 0; i < n_antennas; ++i)
    if (power.antenna_good[i] > 0) power.antenna_log_power[i] /= static_cast<double>(power.antenna_good[i]);
  return power;
}

}  // namespace contimg::calibration
