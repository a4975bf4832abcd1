// Floats in the order of their bit patterns: those of negative values are turned over, so that integers compare alike.
#include "core/median.h"

#include <cstdint>
#include <cstring>

#include "core/simd.h"

namespace contimg {
namespace {

/// Its own inverse.
CONTIMG_INLINE std::int32_t turn_over(std::int32_t bits) { return bits ^ ((bits >> 31) & 0x7fffffff); }

CONTIMG_INLINE std::int32_t key_of(float value) {
  std::int32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return turn_over(bits);
}

/// The key of rank `rank`, from 0: the lowest that so many more than `rank` do not exceed.
CONTIMG_SIMD std::int32_t key_of_rank(const float* values, std::size_t n, std::int32_t rank) {
  std::int32_t low = key_of(values[0]), high = low;
  for (std::size_t i = 0; i < n; ++i) {
    const std::int32_t key = key_of(values[i]);
    low = key < low ? key : low;
    high = key > high ? key : high;
  }
  while (low < high) {
    const auto middle = static_cast<std::int32_t>((static_cast<std::int64_t>(low) + high) >> 1);
    std::int32_t not_above = 0;
    for (std::size_t i = 0; i < n; ++i) not_above += key_of(values[i]) <= middle;
    if (not_above > rank)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

}  // namespace

float upper_median(const float* values, std::size_t n) {
  const std::int32_t bits = turn_over(key_of_rank(values, n, static_cast<std::int32_t>(n / 2)));
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace contimg
