#include "imaging/tile_summary.h"

#include <cmath>

#include "coordinates/tile_center.h"
#include "core/error.h"

namespace contimg::imaging {

WeightSums sums_of(const StokesVisibilities& data, std::size_t n_times) {
  const std::size_t n_channels = data.weights.shape(1);
  WeightSums sums{std::vector<double>(n_times, 0.0), std::vector<double>(n_channels, 0.0)};
  for (std::size_t row = 0; row < data.weights.shape(0); ++row) {
    double of_row = 0;
    for (std::size_t k = 0; k < n_channels; ++k) {
      of_row += data.weights(row, k);
      sums.per_channel[k] += data.weights(row, k);
      sums.n_used += data.weights(row, k) > 0;
    }
    sums.per_integration[data.time_index[row]] += of_row;
    sums.total += of_row;
  }
  return sums;
}

TileSummary summarize(const Observation& observation, const StokesVisibilities& data, const WeightSums& sums) {
  TileSummary tile;
  tile.n_visibilities = sums.n_used;
  tile.n_rows = data.weights.shape(0);
  tile.sum_of_weights = sums.total;
  double lowest = 0, highest = 0;
  for (std::size_t k = 0; k < sums.per_channel.size(); ++k) {
    if (!(sums.per_channel[k] > 0)) continue;
    tile.freq_hz += sums.per_channel[k] / sums.total * data.freq_hz[k];
    if (lowest == 0) lowest = data.freq_hz[k] - 0.5 * data.channel_width_hz[k];
    highest = data.freq_hz[k] + 0.5 * data.channel_width_hz[k];
    ++tile.n_channels;
  }
  tile.bandwidth_hz = highest - lowest;
  tile.start_mjd_s = observation.time_mjd_s.front() - 0.5 * observation.integration_s.front();
  tile.mid_mjd_s = mid_time_mjd_s(observation);
  for (std::size_t t = 0; t < sums.per_integration.size(); ++t)
    if (sums.per_integration[t] > 0) tile.exposure_s += observation.integration_s[t];
  tile.telescope_name = observation.telescope_name;
  tile.history = observation.history;
  return tile;
}

double dish_diameter(const Observation& observation, double given_m) {
  if (observation.n_rows() == 0)
    throw Error(code::kNoValidData, "Expected visibilities to image but there are no rows");
  if (given_m > 0) return given_m;
  const double diameter_m = observation.antennas[observation.antenna1.front()].diameter_m;
  return diameter_m > 0 && std::isfinite(diameter_m) ? diameter_m : 0;
}

double known_dish_diameter(const Observation& observation, double given_m) {
  const double diameter_m = dish_diameter(observation, given_m);
  if (!(diameter_m > 0))
    throw Error(code::kInvalidArgument,
                "Expected a dish diameter, by whose beam tiles are weighted, but the antennas have none. Give it as "
                "dishDiameterMeters");
  return diameter_m;
}

}  // namespace contimg::imaging
