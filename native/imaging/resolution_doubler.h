#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/nd_view.h"

namespace contimg::imaging {

/// Makes images of twice the resolution of ones that are sampled well enough to say what lies between their pixels:
/// pixel (y, x) from the center of the coarse image is pixel (2 y, 2 x) from that of the fine one, and those in between
/// are sums over the 2 reach() nearest along an axis, with the factors of least misfit up to a given frequency.
class ResolutionDoubler {
 public:
  static constexpr std::size_t kLongestReach = 48;

  /// @param band    highest frequency along an axis that is met, cycles per coarse pixel
  /// @param misfit  largest error along an axis, relative to the amplitude of a plane wave
  /// @returns none where the band is too near to 1/2 for kLongestReach
  static std::optional<ResolutionDoubler> of_band(double band, double misfit);

  /// Coarse pixels on either side of a place in between that are looked at.
  std::size_t reach() const { return factors_.size(); }
  /// Pixels along an axis of the coarse image that a fine one of `n` pixels is made of.
  static std::size_t coarse_extent(std::size_t n, std::size_t reach) { return 2 * ((n + 3) / 4 + reach); }

  /// @param coarse  of coarse_extent() along both axes
  /// @param fine    overwritten
  template <typename T>
  void expand(NdView<const T, 2> coarse, NdView<T, 2> fine, unsigned threads) const;

  /// The adjoint of expand().
  /// @param coarse  overwritten
  template <typename T>
  void contract(NdView<const T, 2> fine, NdView<T, 2> coarse, unsigned threads) const;

 private:
  explicit ResolutionDoubler(std::vector<double> factors) : factors_(std::move(factors)) {}

  std::vector<double> factors_;  ///< of the coarse pixels 1/2, 3/2, ... away on either side
};

}  // namespace contimg::imaging
