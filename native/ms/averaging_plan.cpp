#include "ms/averaging_plan.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>
#include <tuple>
#include <utility>

#include "coordinates/apparent.h"
#include "coordinates/earth_rotation.h"
#include "core/constants.h"

namespace contimg::ms {
namespace {

using Bin = AveragingPlan::Bin;

/// Runs of integrations that follow each other without a gap and are equally long.
std::vector<Bin> stretches(const Observation& observation) {
  constexpr double kGap = 0.01;  // of an integration
  std::vector<Bin> result;
  for (std::uint32_t t = 0; t < observation.time_mjd_s.size(); ++t) {
    const bool follows =
        t > 0 &&
        std::abs(observation.time_mjd_s[t] - observation.time_mjd_s[t - 1] - observation.integration_s[t]) <
            kGap * observation.integration_s[t] &&
        std::abs(observation.integration_s[t] - observation.integration_s[t - 1]) < kGap * observation.integration_s[t];
    if (follows)
      ++result.back().n_times;
    else
      result.push_back({t, 1});
  }
  return result;
}

/// Rates are largest at one end of the observation or between: looked at in three places, they change by 2 % a degree.
double fastest_edge(const Observation& observation, const std::vector<UvwFrame>& frames, const Vec3& baseline_m,
                    double radius_rad) {
  const double top_hz = observation.freq_hz.back() + observation.channel_width_hz.back() / 2;
  double fastest = 0;
  for (const UvwFrame& frame : frames)
    fastest = std::max(fastest, edge_fringe_rate(uvw_rate(frame, baseline_m), radius_rad, top_hz));
  return fastest;
}

/// Most samples that may be averaged.
std::size_t most_samples(double fringe_rate_hz, double sample_s, const AveragingLimits& limits) {
  std::size_t n = 1;
  while (static_cast<double>(n + 1) * sample_s <= limits.max_interval_s &&
         smearing_loss(fringe_rate_hz, sample_s, n + 1) <= limits.max_smearing)
    ++n;
  return n;
}

/// Per integration the bin it goes to, when `stretches` are divided evenly into bins of at most `most` integrations.
std::vector<Bin> divide(const std::vector<Bin>& stretches, std::size_t most) {
  std::vector<Bin> result;
  for (const Bin& stretch : stretches) {
    const std::size_t n_bins = (stretch.n_times + most - 1) / most;
    for (std::size_t k = 0; k < n_bins; ++k) {
      const auto begin = static_cast<std::uint32_t>(k * stretch.n_times / n_bins);
      const auto end = static_cast<std::uint32_t>((k + 1) * stretch.n_times / n_bins);
      result.insert(result.end(), end - begin, Bin{stretch.first_time + begin, end - begin});
    }
  }
  return result;
}

double middle(const Observation& observation, const Bin& bin) {
  const std::size_t last = bin.first_time + bin.n_times - 1;
  return (observation.time_mjd_s[bin.first_time] + observation.time_mjd_s[last]) / 2;
}

Direction mean_pointing(const Observation& observation, const Bin& bin) {
  Vec3 sum;
  for (std::size_t t = bin.first_time; t < bin.first_time + bin.n_times; ++t)
    sum = sum + unit_vector(observation.pointing[t]);
  const Vec3 mean = normalized(sum);
  return {std::atan2(mean.y, mean.x), std::asin(mean.z)};
}

/// The bin of each row of the source.
std::vector<Bin> bins_of_rows(const Observation& observation, const Direction& center, const AveragingLimits& limits) {
  const std::size_t n_times = observation.time_mjd_s.size();
  std::vector<UvwFrame> frames;
  for (std::size_t t : {std::size_t{0}, n_times / 2, n_times - 1})
    frames.push_back(uvw_frame(center, observation.time_mjd_s[t], observation.site, observation.earth_orientation));
  const double sample_s = *std::max_element(observation.integration_s.begin(), observation.integration_s.end());
  const std::vector<Bin> whole = stretches(observation);
  std::map<std::size_t, std::vector<Bin>> divisions;  // by the most samples in a bin
  std::map<std::pair<std::uint32_t, std::uint32_t>, const std::vector<Bin>*> of_baseline;
  std::vector<Bin> result;
  for (std::size_t row = 0; row < observation.n_rows(); ++row) {
    const std::uint32_t a = observation.antenna1[row], b = observation.antenna2[row];
    const std::vector<Bin>*& division = of_baseline[{a, b}];
    if (!division) {
      const Vec3 baseline_m = observation.antennas[b].position_m - observation.antennas[a].position_m;
      const double rate = fastest_edge(observation, frames, baseline_m, limits.field_radius_rad);
      const std::size_t most = most_samples(rate, sample_s, limits);
      division = &divisions.try_emplace(most, divide(whole, most)).first->second;
    }
    result.push_back((*division)[observation.time_index[row]]);
  }
  return result;
}

/// Sorts the bins that are used by their middle; returns the place of each row's.
std::vector<std::uint32_t> order_bins(const Observation& source, const std::vector<Bin>& bin_of_row,
                                      std::vector<Bin>& bins) {
  const auto key = [&](const Bin& bin) { return std::pair(middle(source, bin), bin.n_times); };
  std::map<std::pair<double, std::uint32_t>, std::uint32_t> index_of_bin;
  for (const Bin& bin : bin_of_row)
    if (index_of_bin.emplace(key(bin), 0).second) bins.push_back(bin);
  std::sort(bins.begin(), bins.end(), [&](const Bin& a, const Bin& b) { return key(a) < key(b); });
  for (std::uint32_t k = 0; k < bins.size(); ++k) index_of_bin[key(bins[k])] = k;
  std::vector<std::uint32_t> result;
  for (const Bin& bin : bin_of_row) result.push_back(index_of_bin[key(bin)]);
  return result;
}

}  // namespace

double edge_fringe_rate(const Vec3& uvw_rate_m_s, double radius_rad, double freq_hz) {
  return freq_hz / kSpeedOfLight *
         (std::sin(radius_rad) * std::hypot(uvw_rate_m_s.x, uvw_rate_m_s.y) +
          (1 - std::cos(radius_rad)) * std::abs(uvw_rate_m_s.z));
}

double smearing_loss(double fringe_rate_hz, double sample_s, std::size_t n) {
  const double off_middle = kPi * fringe_rate_hz * static_cast<double>(n - 1) * sample_s;
  return off_middle < kPi / 2 ? 1 - std::cos(off_middle) : 1;
}

AveragingPlan plan_averaging(const Observation& source, const Direction& center, const AveragingLimits& limits) {
  const std::vector<Bin> bin_of_row = bins_of_rows(source, center, limits);
  AveragingPlan plan;
  const std::vector<std::uint32_t> bin_index = order_bins(source, bin_of_row, plan.bins);
  plan.observation = source;
  Observation& averaged = plan.observation;
  averaged.time_mjd_s.clear();
  averaged.integration_s.clear();
  averaged.pointing.clear();
  averaged.phase_center.assign(plan.bins.size(), center);
  std::vector<UvwFrame> frames;
  for (const Bin& bin : plan.bins) {
    averaged.time_mjd_s.push_back(middle(source, bin));
    averaged.integration_s.push_back(bin.n_times * source.integration_s[bin.first_time]);
    averaged.pointing.push_back(mean_pointing(source, bin));
    frames.push_back(uvw_frame(center, averaged.time_mjd_s.back(), source.site, source.earth_orientation));
  }

  // Rows by bin, then by where a baseline of the bin comes first in the source.
  using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;  // bin, antenna 1, antenna 2
  const auto key = [&](std::size_t row) { return Key(bin_index[row], source.antenna1[row], source.antenna2[row]); };
  std::map<Key, std::uint32_t> row_of_key;
  std::vector<std::uint32_t> firsts;
  for (std::uint32_t row = 0; row < source.n_rows(); ++row)
    if (row_of_key.emplace(key(row), 0).second) firsts.push_back(row);
  std::stable_sort(firsts.begin(), firsts.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return bin_index[a] < bin_index[b]; });
  averaged.time_index.clear();
  averaged.antenna1.clear();
  averaged.antenna2.clear();
  averaged.uvw_m.clear();
  for (std::uint32_t row : firsts) {
    row_of_key[key(row)] = static_cast<std::uint32_t>(averaged.n_rows());
    const std::uint32_t a = source.antenna1[row], b = source.antenna2[row];
    averaged.time_index.push_back(bin_index[row]);
    averaged.antenna1.push_back(a);
    averaged.antenna2.push_back(b);
    averaged.uvw_m.push_back(
        uvw_of_baseline(frames[bin_index[row]], source.antennas[b].position_m - source.antennas[a].position_m));
  }
  plan.n_averaged.assign(averaged.n_rows(), 0);
  for (std::size_t row = 0; row < source.n_rows(); ++row) {
    plan.row.push_back(row_of_key[key(row)]);
    ++plan.n_averaged[plan.row.back()];
  }
  std::ostringstream line;
  line << "Averaged in time, baseline by baseline: " << source.n_rows() << " rows to " << averaged.n_rows()
       << ", smearing of at most " << limits.max_smearing << " at " << limits.field_radius_rad / kDegree
       << " deg from the phase center, at most " << limits.max_interval_s << " s";
  averaged.history.push_back(line.str());
  return plan;
}

}  // namespace contimg::ms
