#pragma once

#include "core/simd.h"

namespace contimg::imaging {

/// Rounds to the nearest integer by adding and taking away 1.5 * 2^52; |x| < 2^51. Vectorizes, as std::rint need not.
CONTIMG_INLINE double nearest_integer(double x) {
  constexpr double kMagic = 6755399441055744.0;
  return (x + kMagic) - kMagic;
}

/// sin and cos of 2 pi times `cycles`, |cycles| <= 1/2, to 2e-7. Taylor series of the half angle, vectorizable.
CONTIMG_INLINE void sincos_cycles(float cycles, float& sine, float& cosine) {
  const float x = 3.14159265358979f * cycles, x2 = x * x;
  const float s =
      x * (1 + x2 * (-1.6666667e-1f +
                     x2 * (8.3333333e-3f + x2 * (-1.9841270e-4f +
                                                 x2 * (2.7557319e-6f + x2 * (-2.5052108e-8f + x2 * 1.6059044e-10f))))));
  const float c =
      1 +
      x2 * (-0.5f + x2 * (4.1666667e-2f +
                          x2 * (-1.3888889e-3f + x2 * (2.4801587e-5f + x2 * (-2.7557319e-7f + x2 * 2.0876757e-9f)))));
  sine = 2 * s * c;
  cosine = 1 - 2 * s * s;
}

}  // namespace contimg::imaging
