#pragma once

#include <cstddef>
#include <vector>

#include "core/nd_array.h"
#include "core/vec3.h"

namespace contimg::calibration {

/// exp(-2 pi i nu r.d) of antennas at r, for components in directions that delay by d per metre. The visibility of a
/// point is its flux times the product of the phasor of antenna 2 with the conjugate of that of antenna 1, so that its
/// sine and cosine are taken per antenna, not per baseline.
class AntennaPhasors {
 public:
  static constexpr std::size_t kMostFrequencies = 64;

  /// @param positions_m    of the antennas, from any origin near them
  /// @param delay_s_per_m  of the components
  /// @param freq_hz        at most kMostFrequencies
  AntennaPhasors(const std::vector<Vec3>& positions_m, const std::vector<Vec3>& delay_s_per_m, const double* freq_hz,
                 std::size_t n_frequencies, unsigned threads);

  /// What the products of one antenna 2 with others need: its phasors times the fluxes.
  struct Weighted {
    NdArray<float, 3> values;  ///< (real and imaginary, components, padded frequencies)
  };
  /// @param fluxes_jy  (components, frequencies)
  void weigh(std::size_t antenna2, NdView<const float, 2> fluxes_jy, Weighted& weighted) const;

  /// Adds the visibilities of a baseline from the antenna of `weighted`, which is its antenna 2.
  void add_baseline(const Weighted& weighted, std::size_t antenna1, float* re, float* im) const;

 private:
  std::size_t n_components_, n_frequencies_, n_padded_;
  NdArray<float, 4> phasors_;  ///< (antennas, 2, components, padded frequencies)
};

}  // namespace contimg::calibration
