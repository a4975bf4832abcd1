#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

namespace contimg::imaging {

/// What lies between the samples of a function along an axis that holds no frequencies above a band, cycles per sample:
///
///   value(f) = sum_j weight_j(f) sample_j,    j = 0 ... 2 n_pairs - 1,    0 <= f < 1
///
/// f samples from sample n_pairs - 1, the last of the first half, to the next: as many samples lie on either side. Of
/// all weights these have the least misfit over the band.
struct InterpolationKernel {
  static constexpr int kDegree = 13;             ///< of the weights' polynomials: enough for 1e-9
  static constexpr std::size_t kMostPairs = 16;  ///< up to 0.37 cycles per sample for 1e-6
  /// Powers t^0, t^2, ... or t^1, t^3, ...
  using Powers = std::array<double, (kDegree + 1) / 2>;

  /// The weights of samples j and 2 n_pairs - 1 - j are even(t^2) + t odd(t^2) and even(t^2) - t odd(t^2), t = 2 f - 1.
  struct Pair {
    Powers even, odd;
  };
  std::vector<Pair> pairs;  ///< the outermost first

  std::size_t n_samples() const { return 2 * pairs.size(); }
  double weight(std::size_t j, double f) const;

  /// The one of fewest samples.
  /// @param band    highest frequency that is met, cycles per sample
  /// @param misfit  largest error, relative to the amplitude of a wave
  /// @returns none where kMostPairs are too few
  static std::optional<InterpolationKernel> of_band(double band, double misfit);
};

}  // namespace contimg::imaging
