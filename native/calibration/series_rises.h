#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace contimg::calibration {

/// Samples of flag 0 other than `at`, nearest first: none farther than `farthest`, and none farther than it takes to
/// have `most`.
std::vector<std::size_t> nearest_good(std::size_t at, const std::vector<std::uint8_t>& flags, std::size_t farthest,
                                      std::size_t most);

/// What a sample is compared with.
enum class Surroundings {
  kLevel,  ///< the median of its neighbors
  kLine,   ///< the straight line through them, at its place: what drifts is no rise, at the ends neither
};

/// How far samples lie above their neighbors.
struct Rises {
  std::vector<float> excess;  ///< 0 where there is nothing to compare
  std::vector<float> error;   ///< of the excess, in units of the noise of one sample; infinite without neighbors

  void append(const Rises& others);
};

/// Compares each sample of a series with its neighbors, without itself: a median of few values is often one's own, and
/// then the differences of most are 0, and their median tells nothing of the noise.
///
/// Neighbors are those within `reach`, as many as there are; of a line, which needs them, 2 `reach` even at the ends.
/// Both are robust against some neighbors that have risen too.
///
/// @param flags  0: good; the others have an excess of 0
Rises rises_above_neighbors(const std::vector<float>& values, const std::vector<std::uint8_t>& flags, std::size_t reach,
                            Surroundings surroundings);

/// Of an even number the lower of the two in the middle: interference only adds power. 0 of none.
float lower_median(std::vector<float>& values);

/// Noise of one sample, by the median size of what is normal; 0 without good values.
double noise_of(const Rises& rises, const std::vector<std::uint8_t>& flags);

}  // namespace contimg::calibration
