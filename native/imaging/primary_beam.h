#pragma once

#include <vector>

#include "core/nd_array.h"
#include "core/observation.h"

namespace contimg::imaging {

/// Power response of the dishes, averaged over a band, against the angle from the pointing center.
class BandAveragedBeam {
 public:
  /// @param diameter_m  0: not known, the response is 1 everywhere
  /// @param weights     one per frequency, >= 0, not all 0
  BandAveragedBeam(double diameter_m, const std::vector<double>& freq_hz, const std::vector<double>& weights);

  /// Response at sin^2 of the angle; accurate to 5e-6 to the third null, from a table in sin^2 in which it is smooth.
  double power(double sin_squared) const;

  /// sin of the angle at which the response has fallen to `level` for the first time, 0 < level < 1.
  double radius(double level) const;

 private:
  double step_;  ///< in sin^2
  std::vector<float> table_;
};

/// A grid on the sky: SIN projection about `center`, square cells; docs/conventions.md section 8.
struct SkyGrid {
  Direction center;
  std::size_t nx = 0, ny = 0;
  double cell_rad = 0;  ///< ICRS
  double l = 0, m = 0;  ///< direction cosines of the center pixel (ny/2, nx/2); others than 0 in facets
};

/// The beam about each of several pointing centers, averaged.
class AveragedResponse {
 public:
  /// @param weights  one per pointing, >= 0, not all 0
  /// @param center   of the direction cosines of at()
  AveragedResponse(const BandAveragedBeam& beam, const std::vector<Direction>& pointing,
                   const std::vector<double>& weights, const Direction& center);

  /// At direction cosines about the center; 0 beyond the horizon.
  double at(double l, double m) const;

 private:
  struct Term {
    Vec3 pointing;  ///< along l, m and n
    double weight;
  };
  BandAveragedBeam beam_;
  std::vector<Term> terms_;
};

/// Effective response of a tile: the beam about each integration's pointing center, averaged with the integrations'
/// weights, since the pointing drifts by a degree during a tile. 0 beyond the horizon of the projection.
///
/// @param weights  one per integration, >= 0, not all 0
/// @returns (ny, nx)
NdArray<float, 2> tile_primary_beam(const BandAveragedBeam& beam, const std::vector<Direction>& pointing,
                                    const std::vector<double>& weights, const SkyGrid& grid, unsigned threads);

/// `image` / `response`, NaN where the response is below `cutoff`.
NdArray<float, 2> divide_by_beam(NdView<const float, 2> image, NdView<const float, 2> response, double cutoff);

/// (response / sigma)^2, the inverse variance of an image of noise `sigma` that was divided by the beam; 0 where the
/// response is below `cutoff`, and everywhere where sigma is 0.
NdArray<float, 2> inverse_variance(NdView<const float, 2> response, double sigma, double cutoff);

}  // namespace contimg::imaging
