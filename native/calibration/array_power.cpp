#include "calibration/array_power.h"

#include <algorithm>
#include <cmath>

#include "calibration/baseline_interference.h"
#include "calibration/sum_threshold.h"
#include "core/parallel.h"

namespace contimg::calibration {
namespace {

constexpr double kThreshold = 6;       // sigma
constexpr std::size_t kNeighbors = 7;  // channels to either side
constexpr std::size_t kNearTimes = 3;  // integrations to either side
constexpr double kLeastExcess = 0.1;   // of ln power: the band itself is not flatter
constexpr double kLeastRise = 0.15;    // likewise, of what a window does in time: sources drift
constexpr double kEta = 0.2;           // of the rank operator
// Long runs are what windows as a whole rise by; fringes that several sources make are correlated over channels.
constexpr std::size_t kLongestRun = 8;
constexpr double kLeastSigma = 0.015;  // of ln power
enum : std::uint8_t { kKnown = 1, kFound = 2 };

/// Of an even number the lower of the two in the middle: interference only adds power.
float median_of(std::vector<float>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Of the values around `at`, at most `reach` away and within [begin, end), whose flag is 0.
float local_median(const std::vector<float>& values, const std::vector<std::uint8_t>& flags, std::size_t at,
                   std::size_t reach, std::size_t begin, std::size_t end) {
  std::vector<float> near;
  for (std::size_t i = std::max(begin + reach, at) - reach; i < std::min(end, at + reach + 1); ++i)
    if (!flags[i]) near.push_back(values[i]);
  return near.empty() ? values[at] : median_of(near);
}

/// Indices at which a series rises above its surroundings by kThreshold sigma and `least` at least.
std::vector<std::size_t> rises(const std::vector<float>& values, const std::vector<std::uint8_t>& flags,
                               const std::vector<std::size_t>& first_of_part, std::size_t reach, double least) {
  std::vector<float> excess(values.size(), 0.0f), sizes;
  for (std::size_t part = 0; part < first_of_part.size(); ++part) {
    const std::size_t begin = first_of_part[part];
    const std::size_t end = part + 1 < first_of_part.size() ? first_of_part[part + 1] : values.size();
    for (std::size_t i = begin; i < end; ++i)
      if (!flags[i]) excess[i] = values[i] - local_median(values, flags, i, reach, begin, end);
  }
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!flags[i]) sizes.push_back(std::abs(excess[i]));
  const double limit = std::max(least, kThreshold * 1.4826 * median_of(sizes));
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!flags[i] && excess[i] > limit) found.push_back(i);
  return found;
}

/// What all channels [begin, end) do together from time to time is smooth, as sources drift through the beam, or is
/// interference: flags times at which they rise, and takes the smooth rest off.
void flag_rises_of_window(std::size_t begin, std::size_t end, NdView<float, 2> rest, NdView<std::uint8_t, 2> found) {
  const std::size_t n_times = rest.shape(0);
  std::vector<float> offset(n_times, 0.0f), values;
  std::vector<std::uint8_t> no_data(n_times, 0);
  for (std::size_t t = 0; t < n_times; ++t) {
    values.clear();
    for (std::size_t k = begin; k < end; ++k)
      if (!found(t, k)) values.push_back(rest(t, k));
    no_data[t] = values.empty();
    offset[t] = median_of(values);
  }
  for (const std::size_t t : rises(offset, no_data, {0}, kNearTimes, kLeastRise)) {
    for (std::size_t k = begin; k < end; ++k) found(t, k) = 1;
    no_data[t] = 1;
  }
  for (std::size_t t = 0; t < n_times; ++t) {
    const float smooth = local_median(offset, no_data, t, kNearTimes, 0, n_times);
    for (std::size_t k = begin; k < end; ++k) rest(t, k) -= smooth;
  }
}

/// The rank operator window by window: interference of one has no say in another.
void extend_in_windows(const std::vector<std::size_t>& first_channel, NdView<std::uint8_t, 2> found) {
  const std::size_t n_times = found.shape(0), n_channels = found.shape(1);
  for (std::size_t w = 0; w < first_channel.size(); ++w) {
    const std::size_t begin = first_channel[w];
    const std::size_t end = w + 1 < first_channel.size() ? first_channel[w + 1] : n_channels;
    NdArray<std::uint8_t, 2> part({n_times, end - begin});
    for (std::size_t t = 0; t < n_times; ++t)
      std::copy(&found(t, begin), &found(t, begin) + (end - begin), &part(t, 0));
    extend_flags(part.view(), kFound, kEta);
    for (std::size_t t = 0; t < n_times; ++t) std::copy(&part(t, 0), &part(t, 0) + (end - begin), &found(t, begin));
  }
}

}  // namespace

ArrayPower measure_array_power(VisibilitySource& source, unsigned threads, const JobContext& context) {
  const Observation& o = source.observation();
  const std::size_t n_pols = o.n_pols(), n_times = o.time_mjd_s.size(), n_channels = o.n_channels();
  const std::size_t n_tasks = threads == 0 ? hardware_threads() : threads;
  NdArray<double, 3> sums({n_times, n_channels, n_pols});
  NdArray<std::uint32_t, 3> counts({n_times, n_channels, n_pols});
  NdArray<double, 3> antenna_sums({n_tasks, o.antennas.size(), n_pols});
  NdArray<std::size_t, 3> antenna_good({n_tasks, o.antennas.size(), n_pols}), antenna_given(antenna_good.shape());
  source.read(
      [&](VisibilityBlock& block) {
        const std::size_t channels = block.visibilities.shape(1);
        // Tasks own channels, so that each sum has one writer and one order.
        parallel_for(n_tasks, static_cast<unsigned>(n_tasks), [&](std::size_t task) {
          const std::size_t begin = channels * task / n_tasks, end = channels * (task + 1) / n_tasks;
          for (std::size_t r = 0; r < block.visibilities.shape(0); ++r) {
            const std::size_t row = block.first_row + r, a = o.antenna1[row], b = o.antenna2[row];
            if (a == b) continue;
            double* sum = &sums(o.time_index[row], block.first_channel, 0);
            std::uint32_t* count = &counts(o.time_index[row], block.first_channel, 0);
            for (std::size_t k = begin; k < end; ++k)
              for (std::size_t p = 0; p < n_pols; ++p) {
                if (block.flags(r, k, p) || !(block.weights(r, k, p) > 0)) continue;
                ++antenna_given(task, a, p), ++antenna_given(task, b, p);
                const float power = std::norm(block.visibilities(r, k, p));
                if (!(power > 0) || !std::isfinite(power)) continue;
                const double log_power = std::log(power);
                sum[k * n_pols + p] += log_power;
                ++count[k * n_pols + p];
                antenna_sums(task, a, p) += log_power, antenna_sums(task, b, p) += log_power;
                ++antenna_good(task, a, p), ++antenna_good(task, b, p);
              }
          }
        });
      },
      context);

  ArrayPower power{NdArray<float, 3>({n_pols, n_times, n_channels}),
                   NdArray<std::uint8_t, 3>({n_pols, n_times, n_channels}),
                   {},
                   {},
                   {}};
  for (std::size_t p = 0; p < n_pols; ++p)
    for (std::size_t t = 0; t < n_times; ++t)
      for (std::size_t k = 0; k < n_channels; ++k) {
        const std::uint32_t count = counts(t, k, p);
        power.absent(p, t, k) = count == 0;
        if (count > 0) power.log_power(p, t, k) = static_cast<float>(sums(t, k, p) / count);
      }
  for (std::size_t i = 0; i < o.antennas.size() * n_pols; ++i) {
    double sum = 0;
    std::size_t good = 0, given = 0;
    for (std::size_t task = 0; task < n_tasks; ++task) {
      sum += (&antenna_sums(task, 0, 0))[i];
      good += (&antenna_good(task, 0, 0))[i];
      given += (&antenna_given(task, 0, 0))[i];
    }
    power.antenna_log_power.push_back(good > 0 ? sum / static_cast<double>(good) : 0);
    power.antenna_good.push_back(good);
    power.antenna_given.push_back(given);
  }
  return power;
}

NdArray<float, 2> channel_levels(const ArrayPower& power, NdView<const std::uint8_t, 3> interference) {
  const std::size_t n_pols = power.log_power.shape(0), n_times = power.log_power.shape(1),
                    n_channels = power.log_power.shape(2);
  NdArray<float, 2> levels({n_pols, n_channels});
  std::vector<float> values;
  for (std::size_t p = 0; p < n_pols; ++p)
    for (std::size_t k = 0; k < n_channels; ++k)
      for (const bool all : {false, true}) {  // where interference is all there is, its level
        if (all && !values.empty()) continue;
        values.clear();
        for (std::size_t t = 0; t < n_times; ++t)
          if (!power.absent(p, t, k) && (all || !interference(p, t, k))) values.push_back(power.log_power(p, t, k));
        levels(p, k) = median_of(values);
      }
  return levels;
}

NdArray<std::uint8_t, 3> find_array_interference(const ArrayPower& power,
                                                 const std::vector<std::size_t>& window_first_channel) {
  const std::size_t n_pols = power.log_power.shape(0), n_times = power.log_power.shape(1),
                    n_channels = power.log_power.shape(2);
  NdArray<std::uint8_t, 3> flags({n_pols, n_times, n_channels});
  std::copy(power.absent.begin(), power.absent.end(), flags.begin());
  const NdArray<float, 2> levels = channel_levels(power, flags.view());
  NdArray<float, 2> rest({n_times, n_channels});
  for (std::size_t p = 0; p < n_pols; ++p) {
    const NdView<std::uint8_t, 2> found(&flags(p, 0, 0), {n_times, n_channels});
    std::vector<std::uint8_t> empty(n_channels, 0);
    std::vector<float> level(n_channels);
    for (std::size_t k = 0; k < n_channels; ++k) {
      level[k] = levels(p, k);
      empty[k] = 1;
      for (std::size_t t = 0; t < n_times; ++t) {
        if (!power.absent(p, t, k)) empty[k] = 0;
        rest(t, k) = power.log_power(p, t, k) - level[k];
      }
    }
    for (const std::size_t k : rises(level, empty, window_first_channel, kNeighbors, kLeastExcess))
      for (std::size_t t = 0; t < n_times; ++t) found(t, k) = 1;

    for (std::size_t w = 0; w < window_first_channel.size(); ++w) {
      const std::size_t begin = window_first_channel[w];
      const std::size_t end = w + 1 < window_first_channel.size() ? window_first_channel[w + 1] : n_channels;
      flag_rises_of_window(begin, end, rest.view(), found);
    }
    // The rest as on a baseline, less its surroundings: with few antennas the fringes of bright sources still show.
    BaselineAmplitudes array{NdArray<float, 2>({n_times, n_channels}), NdArray<std::uint8_t, 2>({n_times, n_channels})};
    std::copy(rest.begin(), rest.end(), array.values.begin());
    for (std::size_t i = 0; i < found.size(); ++i) array.flags.data()[i] = found.data()[i] ? kKnown : 0;
    flag_baseline(array, kFound, {kThreshold, 0, kLongestRun, kLeastSigma});
    std::copy(array.flags.begin(), array.flags.end(), found.begin());
    extend_in_windows(window_first_channel, found);
  }
  for (std::size_t i = 0; i < flags.size(); ++i)
    if (power.absent.data()[i]) flags.data()[i] = 0;
  return flags;
}

}  // namespace contimg::calibration
