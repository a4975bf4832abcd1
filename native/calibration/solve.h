#pragma once

#include <string>
#include <vector>

#include "calibration/normal_sums.h"
#include "calibration/sky_model.h"
#include "core/solutions.h"
#include "core/visibility_source.h"

namespace contimg::calibration {

struct SolveOptions {
  Term term = Term::kBandpass;
  bool phase_only = false;        ///< gains of amplitude 1
  double interval_s = 0;          ///< of one solution; 0: the whole observation
  bool combine_windows = true;    ///< one band of all spectral windows, but for a bandpass
  std::string reference;          ///< antenna name; empty: the one with the most and best solutions
  std::size_t min_baselines = 4;  ///< of an antenna with antennas that have as many
  double min_snr = 3;
  bool robust = true;  ///< outlying baselines count less, see fit_gains
  SolveSelection selection;
  SolutionSet prior;                            ///< applied to the model first, in any order
  const PointPredictor* many_points = nullptr;  ///< for models of many, see PredictionOptions
  unsigned threads = 0;
};

/// Solves for one term, per feed, solution interval and band: StefCal on sums that are accumulated in one reading.
/// A delay is fitted to gains of single channels. What fails is flagged with the reason, and nothing takes its place.
///
/// @throws Error{INVALID_ARGUMENT} a reference antenna without data, an empty model, prior solutions of other data;
///         Error{NO_VALID_DATA} no solution at all
/// Memory: that of accumulate(). Deterministic.
Solutions solve(VisibilitySource& source, const SkyModel& model, const SolveOptions& options,
                const JobContext& context);

}  // namespace contimg::calibration
