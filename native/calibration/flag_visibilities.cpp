// 1. A first reading measures the power of the array per integration and channel, and of each antenna: interference
// that
//    all baselines see, channel levels and dead antennas follow (array_power.h).
// 2. A second reading collects spectral windows. When one is complete, its baselines are gone through one by one:
//    amplitudes over the channel level, and interference of the baseline alone (baseline_interference.h).
#include "calibration/flag_visibilities.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "calibration/array_power.h"
#include "calibration/baseline_interference.h"
#include "calibration/shadowing.h"
#include "core/error.h"
#include "core/median.h"
#include "core/parallel.h"

namespace contimg::calibration {
namespace {

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

/// Amplitudes of one spectral window: (baselines, pols, times, channels).
struct Window {
  NdArray<float, 4> amplitudes;
  std::size_t n_missing;
};

class Flagging {
 public:
  Flagging(const Observation& observation, const FlagOptions& options)
      : o_(observation),
        options_(options),
        row_of_cell_({count_baselines(), observation.time_mjd_s.size()}),
        edge_(observation.n_channels(), 0) {
    for (std::size_t& row : row_of_cell_) row = kNoRow;
    for (std::size_t row = 0; row < o_.n_rows(); ++row) row_of_cell_(baseline_[row], o_.time_index[row]) = row;
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
    levels_ = channel_levels(power, interference_.view());
  }

  void add(VisibilityBlock& block) {
    const std::size_t n_rows = block.visibilities.shape(0), n_channels = block.visibilities.shape(1);
    std::unique_ptr<Window>& window = begun_[block.first_channel];
    if (!window) {
      window = std::make_unique<Window>();
      window->n_missing = o_.n_rows();
      window->amplitudes =
          NdArray<float, 4>::uninitialized({row_of_cell_.shape(0), o_.n_pols(), o_.time_mjd_s.size(), n_channels});
    }
    if (window->amplitudes.shape(3) != n_channels)
      throw Error(code::kInternal, "Expected blocks that start at the same channel to end at the same");
    parallel_for((n_rows + 63) / 64, options_.threads, [&](std::size_t task) {
      for (std::size_t r = task * 64; r < std::min(n_rows, task * 64 + 64); ++r) flag_row(block, r, *window);
    });
    window->n_missing -= n_rows;
    if (window->n_missing > 0) return;
    if (options_.interference) find_interference(block.first_channel, *window);
    begun_.erase(block.first_channel);
  }

  Flags flags;

 private:
  static constexpr std::size_t kNoRow = static_cast<std::size_t>(-1);

  std::size_t count_baselines() {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> numbers;
    for (std::size_t row = 0; row < o_.n_rows(); ++row)
      baseline_.push_back(
          numbers.emplace(std::make_pair(o_.antenna1[row], o_.antenna2[row]), numbers.size()).first->second);
    return numbers.size();
  }

  void mark_edges() {
    const auto& first = o_.spw_first_channel;
    for (std::size_t w = 0; w < first.size(); ++w) {
      const std::size_t end = w + 1 < first.size() ? first[w + 1] : o_.n_channels();
      for (std::size_t i = 0; i < std::min(options_.edge_channels, end - first[w]); ++i)
        edge_[first[w] + i] = edge_[end - 1 - i] = 1;
    }
  }

  /// What can be said of each visibility by itself, and of its antennas and channel; and its amplitude.
  void flag_row(const VisibilityBlock& block, std::size_t r, Window& window) {
    const std::size_t row = block.first_row + r, a = o_.antenna1[row], b = o_.antenna2[row], t = o_.time_index[row];
    std::uint8_t of_row = 0;
    if (a == b && options_.autocorrelations) of_row |= kAutocorrelation;
    if (dead_[a] || dead_[b]) of_row |= kDeadAntenna;
    if (options_.shadowed && (shadowed_(t, a) || shadowed_(t, b))) of_row |= kShadowed;
    for (std::size_t k = 0; k < block.visibilities.shape(1); ++k)
      for (std::size_t p = 0; p < o_.n_pols(); ++p) {
        const std::size_t channel = block.first_channel + k;
        const float power = std::norm(block.visibilities(r, k, p));
        std::uint8_t reasons = of_row;
        if (block.flags(r, k, p) || !(block.weights(r, k, p) > 0))
          reasons |= kFlaggedBefore;
        else if (!(power > 0) || !std::isfinite(power))
          reasons |= kInvalid;
        if (edge_[channel]) reasons |= kBandEdge;
        if (options_.interference && !(reasons & (kFlaggedBefore | kInvalid)) && interference_(p, t, channel))
          reasons |= kInterference;
        flags.reasons(row, channel, p) = reasons;
        window.amplitudes(baseline_[row], p, t, k) = std::sqrt(power);
      }
  }

  void find_interference(std::size_t first_channel, const Window& window) {
    const auto [n_baselines, n_pols, n_times, n_channels] = window.amplitudes.shape();
    parallel_for(n_baselines, options_.threads,
                 [&, n_pols = n_pols, n_times = n_times, n_channels = n_channels](std::size_t baseline) {
                   BaselineAmplitudes one{NdArray<float, 2>({n_times, n_channels}),
                                          NdArray<std::uint8_t, 2>({n_times, n_channels})};
                   for (std::size_t p = 0; p < n_pols; ++p) {
                     bool any = false;
                     for (std::size_t t = 0; t < n_times; ++t) {
                       const std::size_t row = row_of_cell_(baseline, t);
                       if (row != kNoRow && o_.antenna1[row] == o_.antenna2[row]) return;
                       for (std::size_t k = 0; k < n_channels; ++k) {
                         const bool good = row != kNoRow && flags.reasons(row, first_channel + k, p) == 0;
                         one.flags(t, k) = good ? 0 : kFlaggedBefore;
                         one.values(t, k) = good ? window.amplitudes(baseline, p, t, k) *
                                                       std::exp(-0.5f * levels_(p, first_channel + k))
                                                 : 0;
                         any = any || good;
                       }
                     }
                     if (!any) continue;
                     BaselineFlagging flagging;
                     flagging.threshold = options_.interference_threshold;
                     flagging.eta = options_.eta;
                     flag_baseline(one, kInterference, flagging);
                     for (std::size_t t = 0; t < n_times; ++t)
                       for (std::size_t k = 0; k < n_channels; ++k)
                         if (one.flags(t, k) == kInterference)
                           flags.reasons(row_of_cell_(baseline, t), first_channel + k, p) |= kInterference;
                   }
                 });
  }

  const Observation& o_;
  const FlagOptions options_;
  std::vector<std::size_t> baseline_;  ///< per row
  NdArray<std::size_t, 2> row_of_cell_;
  std::vector<std::uint8_t> edge_;
  std::vector<bool> dead_;
  NdArray<std::uint8_t, 2> shadowed_;
  NdArray<std::uint8_t, 3> interference_;
  NdArray<float, 2> levels_;
  std::map<std::size_t, std::unique_ptr<Window>> begun_;  ///< by first channel
};

}  // namespace

Flags flag_visibilities(VisibilitySource& source, const FlagOptions& options, const JobContext& context) {
  Flagging flagging(source.observation(), options);
  flagging.measure(source, context.part(0, 0.3));
  source.read([&](VisibilityBlock& block) { flagging.add(block); }, context.part(0.3, 1));
  context.checkpoint(1);
  return std::move(flagging.flags);
}

}  // namespace contimg::calibration
