#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace contimg::imaging {

namespace detail {
/// An integer that orders floats as they are ordered.
inline std::uint32_t ordered_bits(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

inline float value_of_ordered_bits(std::uint32_t ordered) {
  const std::uint32_t bits = ordered & 0x80000000u ? ordered & 0x7fffffffu : ~ordered;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// The bin that holds `rank`, which becomes a rank within the bin.
inline std::uint32_t bin_of_rank(const std::vector<std::size_t>& counts, std::size_t& rank) {
  std::uint32_t bin = 0;
  while (rank >= counts[bin]) rank -= counts[bin++];
  return bin;
}
}  // namespace detail

/// The value of this rank, 0 the lowest, among value_of(0) to value_of(n - 1), none of them NaN; rank < n.
/// Exact, without a copy: two histograms, over the upper and the lower half of the bits.
template <typename ValueOf>
float value_of_rank(std::size_t n, std::size_t rank, ValueOf value_of) {
  std::vector<std::size_t> counts(std::size_t{1} << 16, 0);
  for (std::size_t i = 0; i < n; ++i) ++counts[detail::ordered_bits(value_of(i)) >> 16];
  const std::uint32_t upper = detail::bin_of_rank(counts, rank);
  std::fill(counts.begin(), counts.end(), 0);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t bits = detail::ordered_bits(value_of(i));
    if (bits >> 16 == upper) ++counts[bits & 0xffffu];
  }
  return detail::value_of_ordered_bits(upper << 16 | detail::bin_of_rank(counts, rank));
}

}  // namespace contimg::imaging
