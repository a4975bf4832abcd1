#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/observation.h"
#include "imaging/stokes_visibilities.h"

namespace contimg::imaging {

/// Sums of weights over one axis.
struct WeightSums {
  std::vector<double> per_integration, per_channel;
  double total = 0;
  std::size_t n_used = 0;  ///< weights > 0
};

/// @param n_times  integrations of the observation
WeightSums sums_of(const StokesVisibilities& data, std::size_t n_times);

/// What an image says of the visibilities that it was made of.
struct TileSummary {
  std::size_t n_visibilities = 0;  ///< used, of the one Stokes parameter
  std::size_t n_rows = 0, n_channels = 0;
  double sum_of_weights = 0;  ///< imaging weights
  double freq_hz = 0;         ///< mean of the channels, weighted as imaged
  double bandwidth_hz = 0;    ///< from the lowest to the highest edge of the channels used
  double start_mjd_s = 0;     ///< start of the first integration
  double mid_mjd_s = 0, exposure_s = 0;
  std::string telescope_name;
  std::vector<std::string> history;  ///< of the data
};

/// @param data  weighted
TileSummary summarize(const Observation& observation, const StokesVisibilities& data, const WeightSums& sums);

/// The diameter of the dishes in use, m, which are of one kind: that which is given, or else that of the antennas; 0
/// where these have none.
/// @throws Error{NO_VALID_DATA} there are no rows
double dish_diameter(const Observation& observation, double given_m);

/// The same. @throws Error{INVALID_ARGUMENT} it is 0
double known_dish_diameter(const Observation& observation, double given_m);

}  // namespace contimg::imaging
