#pragma once

#include <complex>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "calibration/model_visibilities.h"
#include "calibration/sky_model.h"
#include "calibration/solution_grid.h"
#include "core/nd_array.h"
#include "core/solutions.h"
#include "core/visibility_source.h"

namespace contimg::calibration {

/// Which visibilities take part in a solution; autocorrelations never do.
struct SolveSelection {
  double min_baseline_m = 0, max_baseline_m = std::numeric_limits<double>::infinity();
  double min_uv_wavelengths = 0, max_uv_wavelengths = std::numeric_limits<double>::infinity();
  double first_mjd_s = 0, last_mjd_s = std::numeric_limits<double>::infinity();  ///< of the integrations' middles
};

/// All that least squares need of the data: per baseline, interval, band and feed.
struct NormalSums {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> baselines;  ///< (antenna 1, antenna 2), no autocorrelations
  NdArray<std::complex<double>, 4> correlation;  ///< (intervals, baselines, bands, feeds): sum w V conj(M)
  NdArray<double, 4> power;                      ///< sum w |M|^2
};

/// Reads the integrations of the grid once, and no others. M is the sky model seen with the gains `prior`; without a
/// prior gain there is no data.
///
/// @param pols  indices of the polarizations that become feeds, correlations of like feeds
/// @throws Error{INVALID_ARGUMENT} sums that take more than 8 GB
/// Memory: 24 bytes per baseline, interval, band and feed: 172 MB for the channels of DSA-110.
/// Deterministic whatever the number of threads.
NormalSums accumulate(VisibilitySource& source, const SkyModel& model, const SolutionSet& prior,
                      const SolutionGrid& grid, const std::vector<std::size_t>& pols, const SolveSelection& selection,
                      const PredictionOptions& prediction, const JobContext& context);

}  // namespace contimg::calibration
