// Both readings collect spectral windows (window_amplitudes.h) and work on each when it is complete.
// 1. The first measures the power of the array per integration and channel, and of each antenna (array_power.h):
//    interference that all baselines see, channel levels and dead antennas follow (array_interference.h).
// 2. The second goes through the baselines one by one: amplitudes over the channel level, and interference of the
//    baseline alone (baseline_interference.h).
#include "calibration/flag_visibilities.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "calibration/array_interference.h"
#include "calibration/baseline_interference.h"
#include "calibration/interference_on_all.h"
#include "calibration/shadowing.h"
#include "calibration/window_amplitudes.h"
#include "core/median.h"
#include "core/parallel.h"

namespace contimg::calibration {
namespace {

constexpr std::size_t kRowsPerTask = 1024;

constexpr double kDeadLogPower = 3;  // a factor of 20 in power from the median of the antennas
constexpr double kLeastGood = 0.05;  // of what an antenna gives

/// Antennas that give nothing but zeros, or far less or more power than the others, in one polarization at least.
std::vector<std::size_t> find_dead(const ArrayPower& power, std::size_t n_antennas, std::size_t n_pols) {
  std::vector<bool> dead(n_antennas, false);
  for (std::size_t p = 0; p < n_pols; ++p) {
    std::vector<double> levels;
    for (std::size_t a = 0; a < n_antennas; ++a)
      if (power.antenna_good[a * n_pols + p] > 0) levels.push_back(power.antenna_log_power[a * n_pols + p]);
    if (levels.empty()) continue;
    const double middle = upper_median(levels);
    for (std::size_t a = 0; a < n_antennas; ++a) {
      const std::size_t i = a * n_pols + p;
      const auto given = static_cast<double>(power.antenna_given[i]), good = static_cast<double>(power.antenna_good[i]);
      if (given > 0 && (good < kLeastGood * given || std::abs(power.antenna_log_power[i] - middle) > kDeadLogPower))
        dead[a] = true;
    }
  }
  std::vector<std::size_t> result;
  for (std::size_t a = 0; a < n_antennas; ++a)
    if (dead[a]) result.push_back(a);
  return result;
}

class Flagging {
 public:
  Flagging(const Observation& observation, const FlagOptions& options)
      : o_(observation),
        options_(options),
        collector_(observation, options.threads),
        edge_(observation.n_channels(), 0) {
    mark_edges();
    flags.reasons = NdArray<std::uint8_t, 3>({o_.n_rows(), o_.n_channels(), o_.n_pols()});
    if (options.shadowed) shadowed_ = find_shadowed(o_);
    for (std::size_t a = 0; a < o_.antennas.size() && options.shadowed; ++a)
      for (std::size_t t = 0; t < o_.time_mjd_s.size(); ++t)
        if (shadowed_(t, a) && (flags.shadowed_antennas.empty() || flags.shadowed_antennas.back() != a))
          flags.shadowed_antennas.push_back(a);
  }

  void measure(VisibilitySource& source, const JobContext& context) {
    const ArrayPower power = measure_array_power(source, options_.threads, context);
    dead_.assign(o_.antennas.size(), false);
    if (options_.dead_antennas) {
      flags.dead_antennas = find_dead(power, o_.antennas.size(), o_.n_pols());
      for (const std::size_t a : flags.dead_antennas) dead_[a] = true;
    }
    if (!options_.interference) return;
    interference_ = find_array_interference(power, o_.spw_first_channel);
    inverse_levels_ = channel_levels(power, interference_.cells.view(), o_.spw_first_channel);
    for (std::size_t i = 0; i < inverse_levels_.size(); ++i) {
      // What raises a channel above its neighbors is no level of it.
      const float level = inverse_levels_.data()[i] - interference_.raised.data()[i];
      inverse_levels_.data()[i] = std::exp(-0.5f * level);
    }
  }

  void add(const VisibilityBlock& block) {
    const auto window = collector_.add(block);
    if (!window) return;
    if (options_.interference) judge_array(*window);
    parallel_for(collector_.n_baselines(), options_.threads, [&](std::size_t baseline) {
      for (const std::size_t row : collector_.rows(baseline)) flag_row(*window, baseline, row);
      if (options_.interference) find_interference(*window, baseline);
    });
  }

  Flags flags;

 private:
  void mark_edges() {
    const auto& first = o_.spw_first_channel;
    for (std::size_t w = 0; w < first.size(); ++w) {
      const std::size_t end = w + 1 < first.size() ? first[w + 1] : o_.n_channels();
      for (std::size_t i = 0; i < std::min(options_.edge_channels, end - first[w]); ++i)
        edge_[first[w] + i] = edge_[end - 1 - i] = 1;
    }
  }

  /// What all baselines have is flagged on all; the others find it on themselves.
  void judge_array(const WindowAmplitudes& window) {
    std::vector<std::size_t> cross;
    for (std::size_t b = 0; b < collector_.n_baselines(); ++b)
      if (collector_.is_cross(b)) cross.push_back(b);
    judge_array_interference(window, cross, options_.threads, interference_);
    suspects_.assign(o_.n_pols(), std::vector<std::uint8_t>(window.values.shape(3)));
    for (std::size_t p = 0; p < o_.n_pols(); ++p)
      for (std::size_t k = 0; k < suspects_[p].size(); ++k)
        suspects_[p][k] = interference_.raised(p, window.first_channel + k) > 0;
  }

  /// What can be said of each visibility by itself, of its antennas and channel, and of the array.
  void flag_row(const WindowAmplitudes& window, std::size_t baseline, std::size_t row) {
    const std::size_t a = o_.antenna1[row], b = o_.antenna2[row], t = o_.time_index[row];
    std::uint8_t of_row = 0;
    if (a == b && options_.autocorrelations) of_row |= kAutocorrelation;
    if (dead_[a] || dead_[b]) of_row |= kDeadAntenna;
    if (options_.shadowed && (shadowed_(t, a) || shadowed_(t, b))) of_row |= kShadowed;
    for (std::size_t k = 0; k < window.values.shape(3); ++k)
      for (std::size_t p = 0; p < o_.n_pols(); ++p) {
        const std::size_t channel = window.first_channel + k;
        const float amplitude = window.values(baseline, p, t, k);
        std::uint8_t reasons = of_row;
        if (amplitude < 0) reasons |= kFlaggedBefore;
        if (amplitude == WindowAmplitudes::kInvalid) reasons |= kInvalid;
        if (edge_[channel]) reasons |= kBandEdge;
        if (options_.interference && amplitude > 0 && interference_.cells(p, t, channel) == kOnAll)
          reasons |= kInterference;
        flags.reasons(row, channel, p) = reasons;
      }
  }

  void find_interference(const WindowAmplitudes& window, std::size_t baseline) {
    const std::size_t n_times = window.values.shape(2), n_channels = window.values.shape(3);
    const std::vector<std::uint32_t>& rows = collector_.rows(baseline);
    if (!collector_.is_cross(baseline)) return;
    BaselineAmplitudes one{NdArray<float, 2>({n_times, n_channels}), NdArray<std::uint8_t, 2>({n_times, n_channels}),
                           NdArray<std::uint8_t, 2>({n_times, n_channels})};
    for (std::size_t p = 0; p < o_.n_pols(); ++p) {
      std::fill(one.values.begin(), one.values.end(), 0.0f);
      std::fill(one.flags.begin(), one.flags.end(), std::uint8_t{kFlaggedBefore});
      bool any = false;
      for (const std::size_t row : rows)
        for (std::size_t k = 0; k < n_channels; ++k) {
          if (flags.reasons(row, window.first_channel + k, p) != 0) continue;
          const std::size_t t = o_.time_index[row];
          one.flags(t, k) = 0;
          one.suspected(t, k) = interference_.cells(p, t, window.first_channel + k) == kOnSome;
          one.values(t, k) = window.values(baseline, p, t, k) * inverse_levels_(p, window.first_channel + k);
          any = true;
        }
      if (!any) continue;
      BaselineFlagging flagging;
      flagging.threshold = options_.interference_threshold;
      flagging.eta = options_.eta;
      flagging.suspected_channels = suspects_[p];
      flag_baseline(one, kInterference, flagging);
      for (const std::size_t row : rows)
        for (std::size_t k = 0; k < n_channels; ++k)
          if (one.flags(o_.time_index[row], k) == kInterference)
            flags.reasons(row, window.first_channel + k, p) |= kInterference;
    }
  }

  const Observation& o_;
  const FlagOptions options_;
  WindowCollector collector_;
  std::vector<std::uint8_t> edge_;
  std::vector<bool> dead_;
  NdArray<std::uint8_t, 2> shadowed_;
  ArrayInterference interference_;
  std::vector<std::vector<std::uint8_t>> suspects_;  ///< by polarization, of the window at hand: what is raised
  NdArray<float, 2> inverse_levels_;                 ///< of the amplitudes of channels
};

/// How often every combination of reasons occurs.
std::array<std::uint64_t, 256> count_reasons(NdView<const std::uint8_t, 3> reasons, unsigned threads) {
  const std::size_t n_rows = reasons.shape(0), row = reasons.shape(1) * reasons.shape(2);
  std::vector<std::array<std::uint64_t, 256>> parts((n_rows + kRowsPerTask - 1) / kRowsPerTask);
  parallel_for(parts.size(), threads, [&](std::size_t task) {
    parts[task].fill(0);
    const std::size_t begin = task * kRowsPerTask, end = std::min(n_rows, begin + kRowsPerTask);
    for (std::size_t i = begin * row; i < end * row; ++i) ++parts[task][reasons.data()[i]];
  });
  std::array<std::uint64_t, 256> counts{};
  for (const auto& part : parts)
    for (std::size_t bits = 0; bits < counts.size(); ++bits) counts[bits] += part[bits];
  return counts;
}

}  // namespace

Flags flag_visibilities(VisibilitySource& source, const FlagOptions& options, const JobContext& context) {
  Flagging flagging(source.observation(), options);
  flagging.measure(source, context.part(0, 0.3));
  source.read([&](VisibilityBlock& block) { flagging.add(block); }, context.part(0.3, 1));
  flagging.flags.counts = count_reasons(std::as_const(flagging.flags.reasons).view(), options.threads);
  context.checkpoint(1);
  return std::move(flagging.flags);
}

}  // namespace contimg::calibration
