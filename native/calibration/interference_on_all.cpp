#include "calibration/interference_on_all.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "calibration/series_rises.h"
#include "calibration/sum_threshold.h"
#include "core/parallel.h"

namespace contimg::calibration {
namespace {

constexpr std::size_t kReferences = 4;  // the nearest
constexpr double kAlike = 0.55;         // of the mean rise
constexpr double kCellSigmas = 6;       // of a cell's quartile
constexpr double kQuartileError = 2;    // of ln power of one sample of noise, over the root of the number of baselines
constexpr double kEta = 0.2;            // of the rank operator

/// Samples of a spectral window.
struct Patch {
  std::size_t first_time, n_times, channel;
};

/// Mean of ln power; NaN without any.
double mean_log_power(const WindowAmplitudes& window, std::size_t baseline, std::size_t pol, const Patch& patch) {
  double sum = 0;
  std::size_t n = 0;
  for (std::size_t t = patch.first_time; t < patch.first_time + patch.n_times; ++t) {
    const float amplitude = window.values(baseline, pol, t, patch.channel);
    if (amplitude > 0) sum += 2 * std::log(amplitude), ++n;
  }
  return n > 0 ? sum / static_cast<double>(n) : std::nan("");
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double lower_quartile(std::vector<double>& values) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 4);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// How baselines rise in a patch, of each the mean of ln power less that in other patches.
struct BaselineRises {
  double mean = 0;
  double quartile = 0;  ///< by how much the lower quartile of the baselines is above that of patches that do not rise
  std::size_t n = 0;    ///< baselines; 0: nothing to compare with
};

/// One window and polarization.
class Judgement {
 public:
  Judgement(const WindowAmplitudes& window, std::size_t pol, const std::vector<std::size_t>& baselines,
            const ArrayInterference& interference)
      : window_(window),
        pol_(pol),
        baselines_(baselines),
        raised_(&interference.raised(pol, window.first_channel)),
        n_times_(window.values.shape(2)),
        n_channels_(window.values.shape(3)),
        risen_({n_times_, n_channels_}),
        on_all_({n_times_, n_channels_}) {
    for (std::size_t t = 0; t < n_times_; ++t)
      std::copy_n(&interference.cells(pol, t, window.first_channel), n_channels_, &risen_(t, 0));
  }

  void judge_channels() {
    std::vector<std::uint8_t> raised(n_channels_);
    for (std::size_t k = 0; k < n_channels_; ++k) raised[k] = raised_[k] > 0;
    for (std::size_t k = 0; k < n_channels_; ++k) {
      if (!raised[k]) continue;
      std::vector<Patch> references;
      for (const std::size_t other : nearest_good(k, raised, n_channels_, kReferences))
        references.push_back({0, n_times_, other});
      const BaselineRises rises = rises_of({0, n_times_, k}, references);
      if (rises.n > 0 && rises.quartile <= kAlike * rises.mean) continue;
      for (std::size_t t = 0; t < n_times_; ++t) on_all_(t, k) = 1;
    }
  }

  void judge_cells() {
    for (std::size_t k = 0; k < n_channels_; ++k) {
      std::vector<std::uint8_t> risen(n_times_);
      for (std::size_t t = 0; t < n_times_; ++t) risen[t] = risen_(t, k) != 0;
      for (std::size_t t = 0; t < n_times_; ++t) {
        on_all_(t, k) |= risen_(t, k) == kRisenWindow ? 1 : 0;
        if (risen_(t, k) != kRisenCell) continue;
        std::vector<Patch> references;
        for (const std::size_t other : nearest_good(t, risen, n_times_, kReferences))
          references.push_back({other, 1, k});
        const BaselineRises rises = rises_of({t, 1, k}, references);
        const double error = kQuartileError / std::sqrt(static_cast<double>(rises.n));
        on_all_(t, k) |= rises.n == 0 || rises.quartile > std::max(kAlike * rises.mean, kCellSigmas * error) ? 1 : 0;
      }
    }
  }

  void write(ArrayInterference& interference) {
    extend_flags(on_all_.view(), 1, kEta);
    for (std::size_t t = 0; t < n_times_; ++t)
      for (std::size_t k = 0; k < n_channels_; ++k) {
        std::uint8_t& cell = interference.cells(pol_, t, window_.first_channel + k);
        cell = 0;
        if (on_all_(t, k))
          cell = kOnAll;
        else if (risen_(t, k) != 0)
          cell = kOnSome;
      }
  }

 private:
  BaselineRises rises_of(const Patch& patch, const std::vector<Patch>& references) const {
    const auto m = static_cast<double>(references.size());
    if (m < 2) return {};
    std::vector<double> differences, normal;
    for (const std::size_t baseline : baselines_) {
      std::vector<double> logs;
      for (const Patch& reference : references) logs.push_back(mean_log_power(window_, baseline, pol_, reference));
      const double own = mean_log_power(window_, baseline, pol_, patch), others = mean_of(logs);
      if (!std::isfinite(own + others)) continue;
      differences.push_back(own - others);
      // As uncertain as the difference: a mean of one reference less is by little more so.
      for (const double log : logs) normal.push_back((log - others) * std::sqrt((m + 1) / (m - 1)));
    }
    if (differences.empty()) return {};
    return {mean_of(differences), lower_quartile(differences) - lower_quartile(normal), differences.size()};
  }

  const WindowAmplitudes& window_;
  const std::size_t pol_;
  const std::vector<std::size_t>& baselines_;
  const float* const raised_;
  const std::size_t n_times_, n_channels_;
  NdArray<std::uint8_t, 2> risen_, on_all_;
};

}  // namespace

void judge_array_interference(const WindowAmplitudes& window, const std::vector<std::size_t>& baselines,
                              unsigned threads, ArrayInterference& interference) {
  parallel_for(window.values.shape(1), threads, [&](std::size_t pol) {
    Judgement judgement(window, pol, baselines, interference);
    judgement.judge_channels();
    judgement.judge_cells();
    judgement.write(interference);
  });
}

}  // namespace contimg::calibration
