#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "core/constants.h"

/// Counter-based random numbers: the numbers of a visibility follow from its place in the observation alone, so that
/// results depend neither on threads nor on the order of the work.
namespace contimg::simulation {

/// The 128-bit counter: which visibility, and for what purpose.
using Counter = std::array<std::uint32_t, 4>;

/// Philox4x32-10 (Salmon et al. 2011, SC11): four independent 32-bit words per counter and key.
inline Counter philox(Counter counter, std::uint64_t seed) {
  std::uint32_t key0 = static_cast<std::uint32_t>(seed), key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * counter[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key0, static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key1, static_cast<std::uint32_t>(product0)};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

/// In (0, 1]; never 0, so that its logarithm is finite.
inline float uniform(std::uint32_t word) { return (static_cast<float>(word) + 0.5f) * 0x1p-32f; }

/// Four independent normal deviates of variance 1 (Box and Muller), up to 6.8 sigma.
inline std::array<float, 4> normal(const Counter& counter, std::uint64_t seed) {
  const Counter words = philox(counter, seed);
  constexpr float kTurn = static_cast<float>(2 * kPi);
  const float radius0 = std::sqrt(-2 * std::log(uniform(words[0]))), angle0 = kTurn * uniform(words[1]);
  const float radius1 = std::sqrt(-2 * std::log(uniform(words[2]))), angle1 = kTurn * uniform(words[3]);
  return {radius0 * std::cos(angle0), radius0 * std::sin(angle0), radius1 * std::cos(angle1),
          radius1 * std::sin(angle1)};
}

}  // namespace contimg::simulation
