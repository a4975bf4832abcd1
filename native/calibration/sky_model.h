#pragma once

#include <cmath>
#include <vector>

#include "core/observation.h"

namespace contimg::calibration {

/// An unpolarized source: a point, or an elliptical Gaussian.
struct SkyComponent {
  Direction direction;
  double flux_jy = 0;             ///< at reference_hz, before the primary beam
  double reference_hz = 0;        ///< > 0
  std::vector<double> log_terms;  ///< log10(S / flux) = sum_k log_terms[k] log10(nu / reference)^(k+1)
  double major_rad = 0, minor_rad = 0, position_angle_rad = 0;  ///< full widths at half maximum; 0: a point

  bool extended() const { return major_rad > 0; }
};

/// Flux density at a frequency, Jy.
inline double flux_at(const SkyComponent& component, double freq_hz) {
  const double x = std::log10(freq_hz / component.reference_hz);
  double exponent = 0;
  for (std::size_t k = component.log_terms.size(); k-- > 0;) exponent = x * (exponent + component.log_terms[k]);
  return component.flux_jy * std::pow(10.0, exponent);
}

/// What the telescope looks at.
struct SkyModel {
  std::vector<SkyComponent> components;
  bool primary_beam = true;  ///< Airy pattern of the dishes about each integration's pointing
  /// Sources far from the phase center lose by the width of channels and the length of integrations, during which the
  /// phase center is tracked. Simulators that sample the sky at points do not know of it.
  bool smearing = false;
};

}  // namespace contimg::calibration
