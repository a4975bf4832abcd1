#pragma once

#include <cstdint>

#include "core/simd.h"

namespace contimg {

// Vectors never cross a call: every function that takes or gives one is inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace detail {
template <typename T>
struct Simd;
template <>
struct Simd<float> {
  typedef float Vector __attribute__((vector_size(32), aligned(4), may_alias));
};
template <>
struct Simd<double> {
  typedef double Vector __attribute__((vector_size(32), aligned(8), may_alias));
};
}  // namespace detail

/// What fills an AVX2 register: 8 floats or 4 doubles. Elsewhere the compiler makes two halves of it.
template <typename T>
using Vector = typename detail::Simd<T>::Vector;
template <typename T>
inline constexpr int kLanes = 32 / sizeof(T);

/// What comparing two Vector<float> gives: all bits of a lane where it holds, none where not.
typedef std::int32_t LaneMask __attribute__((vector_size(32), aligned(4), may_alias));

CONTIMG_INLINE LaneMask load(const std::int32_t* p) { return *reinterpret_cast<const LaneMask*>(p); }
CONTIMG_INLINE void store(std::int32_t* p, LaneMask v) { *reinterpret_cast<LaneMask*>(p) = v; }
CONTIMG_INLINE Vector<float> load(const float* p) { return *reinterpret_cast<const Vector<float>*>(p); }
CONTIMG_INLINE Vector<double> load(const double* p) { return *reinterpret_cast<const Vector<double>*>(p); }
CONTIMG_INLINE void store(float* p, Vector<float> v) { *reinterpret_cast<Vector<float>*>(p) = v; }
CONTIMG_INLINE void store(double* p, Vector<double> v) { *reinterpret_cast<Vector<double>*>(p) = v; }

/// Sum of the lanes, in a fixed order.
CONTIMG_INLINE float total(Vector<float> v) {
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}
CONTIMG_INLINE double total(Vector<double> v) { return (v[0] + v[2]) + (v[1] + v[3]); }

}  // namespace contimg
