#pragma once

#include <random>

#include "core/nd_array.h"

namespace contimg::test {

/// Independent values of mean 0 and variance 1.
template <typename T>
NdArray<T, 2> gaussian_noise(std::size_t n_rows, std::size_t n_columns, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<T> normal;
  NdArray<T, 2> values({n_rows, n_columns});
  for (T& value : values) value = normal(random);
  return values;
}

/// Sum of the products of values at the same place.
inline double product(const NdArray<double, 2>& a, const NdArray<double, 2>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i];
  return sum;
}

}  // namespace contimg::test
