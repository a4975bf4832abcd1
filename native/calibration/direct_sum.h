#pragma once

#include <cstddef>
#include <vector>

#include "calibration/antenna_phasors.h"
#include "calibration/seen_sky.h"
#include "core/fringe.h"
#include "core/nd_array.h"

namespace contimg::calibration {

/// Frequencies at which visibilities are predicted, and how bright the components are there.
struct SumBand {
  std::vector<double> freq_hz, width_hz;
  NdArray<float, 2> fluxes_jy;  ///< (components, frequencies), before the beam
};

/// A row, and where its visibilities go.
struct SumRow {
  std::size_t row;
  float *re, *im;
};

/// The visibilities of a sky model as a sum over its components, exact but for single-precision rounding.
///
/// What a point gives on a baseline, exp(-2 pi i nu b.(s - s0)/c), is a product of phasors of its antennas
/// (antenna_phasors.h). Gaussians, and everything with smearing, fade with the baseline and are added row by row, span
/// by span of even frequencies (core/fringe.h).
class DirectSum {
 public:
  /// @param observation, sky  outlive this
  DirectSum(const Observation& observation, const SeenSky& sky);

  SumBand band(const std::vector<double>& freq_hz, const std::vector<double>& width_hz) const;

  /// Adds the visibilities of rows of one integration, at the frequencies [first, first + count) of a band.
  void add(std::size_t time, const std::vector<SumRow>& rows, const SumBand& band, std::size_t first, std::size_t count,
           unsigned threads) const;

  /// Components of which phasors are multiplied: points without smearing.
  const std::vector<std::size_t>& points() const { return factored_; }
  /// Leaves them to somebody else.
  void leave_out_points() { factored_.clear(); }
  bool is_empty() const { return factored_.empty() && others_.empty(); }

  /// What that takes on one core, about, for each row of an integration and for all of them together.
  double seconds_per_row(std::size_t n_frequencies) const;
  double seconds_per_integration(std::size_t n_frequencies) const;

 private:
  struct Part;
  void add_part(const Part& part) const;
  void add_factored(const Part& part, const std::size_t* components, std::size_t count) const;
  void add_one_by_one(const Part& part) const;
  void fade(const Part& part, std::size_t row, std::size_t component, const Vec3& baseline_m, float* gains) const;
  void set_fluxes(const Part& part, std::size_t component, float* fluxes) const;

  const Observation& observation_;
  const SeenSky& sky_;
  std::size_t n_antennas_;                      ///< that have rows
  std::vector<std::size_t> factored_, others_;  ///< components
};

}  // namespace contimg::calibration
