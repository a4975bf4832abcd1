#pragma once

#include <type_traits>

#include "core/simd.h"

namespace contimg {

/// Rounds to the nearest integer by adding and taking away 1.5 * 2^52; |x| < 2^51. Vectorizes, as std::rint need not.
CONTIMG_INLINE double nearest_integer(double x) {
  constexpr double kMagic = 6755399441055744.0;
  return (x + kMagic) - kMagic;
}

/// sin and cos of 2 pi times `cycles`, |cycles| <= 1/2, to 2e-7 for float and 4e-16 for double. Taylor series of the
/// half angle x, vectorizable: sin(x)/x and cos(x) in powers of x^2, from the highest down.
template <typename T>
CONTIMG_INLINE void sincos_cycles(T cycles, T& sine, T& cosine) {
  constexpr int kTerms = std::is_same_v<T, float> ? 7 : 12;
  const T x = T(3.14159265358979323846) * cycles, x2 = x * x;
  T s = 1, c = 1;
#pragma GCC unroll 16
  for (int k = kTerms - 1; k > 0; --k) {
    s = 1 - x2 * (T(1) / T(2 * k * (2 * k + 1))) * s;
    c = 1 - x2 * (T(1) / T(2 * k * (2 * k - 1))) * c;
  }
  s *= x;
  sine = 2 * s * c;
  cosine = 1 - 2 * s * s;
}

}  // namespace contimg
