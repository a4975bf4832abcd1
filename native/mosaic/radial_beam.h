#pragma once

#include <vector>

#include "core/observation.h"

namespace contimg::mosaic {

/// A primary beam that depends on the angle from where the dishes pointed alone, averaged over pointings: a drift
/// scan's tile is the sum of integrations whose pointings lie along a degree of sky.
class RadialBeam {
 public:
  /// @param power     response at sin^2 = 0, step, 2 step, ... of the angle; 0 beyond
  /// @param pointings with equal weights, at least one
  RadialBeam(std::vector<float> power, double step_sin_squared, const std::vector<Direction>& pointings);

  /// (2 J1(x)/x)^2 of a uniformly lit dish, averaged over frequencies with weights, to 60 degrees.
  static RadialBeam airy(double diameter_m, const std::vector<double>& freq_hz, const std::vector<double>& weights,
                         const std::vector<Direction>& pointings);
  /// A table over angles, ascending from 0; interpolated linearly in the square of the sine, 0 beyond its end.
  static RadialBeam tabulated(const std::vector<double>& angle_rad, const std::vector<double>& power,
                              const std::vector<Direction>& pointings);

  /// Response towards a unit vector; 0 behind.
  double operator()(const Vec3& direction) const;

 private:
  std::vector<float> power_;
  double step_;
  std::vector<Vec3> pointings_;
};

}  // namespace contimg::mosaic
