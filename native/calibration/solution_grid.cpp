#include "calibration/solution_grid.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "core/error.h"

namespace contimg::calibration {
namespace {

/// The integrations that take part.
void select_times(const Observation& o, double first_mjd_s, double last_mjd_s, SolutionGrid& grid) {
  const auto& times = o.time_mjd_s;
  const auto first = std::lower_bound(times.begin(), times.end(), first_mjd_s);
  const auto end = std::upper_bound(times.begin(), times.end(), last_mjd_s);
  if (first >= end)
    throw Error(code::kInvalidArgument,
                "Expected a time range that holds the middle of an integration, but those of "
                "the observation are from " +
                    std::to_string(times.front()) + " to " + std::to_string(times.back()) + " MJD s");
  grid.first_time = static_cast<std::size_t>(first - times.begin());
  grid.end_time = static_cast<std::size_t>(end - times.begin());
}

void set_intervals(const Observation& o, double interval_s, SolutionGrid& grid, SolutionAxes& solutions) {
  const double start = o.time_mjd_s[grid.first_time] - 0.5 * o.integration_s[grid.first_time];
  long last = -1;
  for (std::size_t t = grid.first_time; t < grid.end_time; ++t) {
    const long number = interval_s > 0 ? static_cast<long>((o.time_mjd_s[t] - start) / interval_s) : 0;
    const double begin = o.time_mjd_s[t] - 0.5 * o.integration_s[t], end = begin + o.integration_s[t];
    if (number != last) {
      solutions.time_mjd_s.push_back(begin);  // the beginning, until the end is known
      solutions.interval_s.push_back(0);
    }
    last = number;
    solutions.interval_s.back() = end - solutions.time_mjd_s.back();
    grid.interval_of_time.push_back(solutions.time_mjd_s.size() - 1);
  }
  for (std::size_t i = 0; i < solutions.time_mjd_s.size(); ++i)
    solutions.time_mjd_s[i] += 0.5 * solutions.interval_s[i];
  grid.n_intervals = solutions.time_mjd_s.size();
}

}  // namespace

std::vector<std::size_t> band_edges(const Observation& o, BandWidth width) {
  std::vector<std::size_t> edges;
  switch (width) {
    case BandWidth::kChannel:
      edges.resize(o.n_channels());
      std::iota(edges.begin(), edges.end(), std::size_t{0});
      break;
    case BandWidth::kSpectralWindow:
      edges = o.spw_first_channel;
      break;
    case BandWidth::kAll:
      edges.push_back(0);
      break;
  }
  edges.push_back(o.n_channels());
  return edges;
}

void set_bands(const Observation& o, BandWidth width, SolutionAxes& solutions) {
  const auto edges = band_edges(o, width);
  const std::size_t n_bands = edges.size() - 1;
  solutions.freq_hz.resize(n_bands);
  solutions.width_hz.resize(n_bands);
  for (std::size_t b = 0; b < n_bands; ++b) {
    const std::size_t first = edges[b], last = edges[b + 1] - 1;
    const double low_hz = o.freq_hz[first] - 0.5 * o.channel_width_hz[first];
    const double high_hz = o.freq_hz[last] + 0.5 * o.channel_width_hz[last];
    solutions.freq_hz[b] = 0.5 * (low_hz + high_hz);
    solutions.width_hz[b] = high_hz - low_hz;
  }
  switch (width) {
    case BandWidth::kChannel:
      solutions.spw_first_band = o.spw_first_channel;
      break;
    case BandWidth::kSpectralWindow:
      solutions.spw_first_band.resize(n_bands);
      std::iota(solutions.spw_first_band.begin(), solutions.spw_first_band.end(), std::size_t{0});
      break;
    case BandWidth::kAll:
      solutions.spw_first_band = {0};
      break;
  }
}

SolutionGrid solution_grid(const Observation& o, BandWidth width, double interval_s, double first_mjd_s,
                           double last_mjd_s, SolutionAxes& solutions) {
  SolutionGrid grid;
  select_times(o, first_mjd_s, last_mjd_s, grid);
  set_intervals(o, interval_s, grid, solutions);
  set_bands(o, width, solutions);
  const auto edges = band_edges(o, width);
  grid.n_bands = edges.size() - 1;
  for (std::size_t b = 0; b < grid.n_bands; ++b)
    grid.band_of_channel.insert(grid.band_of_channel.end(), edges[b + 1] - edges[b], b);
  return grid;
}

}  // namespace contimg::calibration
