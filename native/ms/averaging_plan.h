#pragma once

#include <cstdint>
#include <vector>

#include "core/observation.h"

namespace contimg::ms {

/// How far integrations may be averaged.
struct AveragingLimits {
  double max_smearing = 0.01;   ///< loss of amplitude of a point source at the edge of the field, 0 to 1
  double field_radius_rad = 0;  ///< where that edge is
  double max_interval_s = 60;   ///< longest integration that comes out, unless one was longer already
};

/// Which integrations of which baseline become one.
///
/// A bin is a run of consecutive integrations. In the averaged observation each bin that some baseline uses is an
/// "integration": its time is the middle of the run. Bins are ordered by that time, rows by bin and then as in the
/// source.
struct AveragingPlan {
  struct Bin {
    std::uint32_t first_time, n_times;
  };

  Observation observation;                ///< averaged; every phase center is the given one
  std::vector<Bin> bins;                  ///< per integration of it
  std::vector<std::uint32_t> row;         ///< per row of the source, into it
  std::vector<std::uint32_t> n_averaged;  ///< per row of it: how many rows of the source
};

/// Samples of a fringe that turns f times per second, n of them dt apart, are in phase to within
/// a = pi f (n - 1) dt of the middle. Their mean, whatever weights or flags they have, keeps at least cos(a) of the
/// amplitude, and that much only if the first and the last alone have weight: with equal weights it keeps
/// sin(n x) / (n sin(x)), x = pi f dt, which loses (n + 1) / 3 (n - 1) times as much. This comes on top of the smearing
/// within each sample (Thompson, Moran and Swenson 2017, Interferometry and Synthesis in Radio Astronomy, section 6.4).
/// At an angle r from the phase center f is at most
///
///   (nu / c) (sin(r) hypot(u', v') + (1 - cos(r)) |w'|)
///
/// with u', v', w' the change of uvw per second by the Earth's rotation, the largest in the observation, and nu the
/// upper edge of the highest channel. Each baseline takes the largest n that loses no more than `max_smearing` there
/// and lasts no longer than `max_interval_s`, and each stretch of time without gaps is divided evenly into as few bins.
///
/// @param center  ICRS; the visibilities are to be moved there first
AveragingPlan plan_averaging(const Observation& observation, const Direction& center, const AveragingLimits& limits);

/// Largest fringe rate, turns per second, of a source within `radius_rad` of the center. `rate`: of uvw, m/s.
double edge_fringe_rate(const Vec3& uvw_rate_m_s, double radius_rad, double freq_hz);

/// Largest part of the amplitude that averaging n samples can lose: 1 - cos(pi f (n - 1) dt).
double smearing_loss(double fringe_rate_hz, double sample_s, std::size_t n);

}  // namespace contimg::ms
