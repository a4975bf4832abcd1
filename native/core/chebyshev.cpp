#include "core/chebyshev.h"

#include <algorithm>
#include <cmath>

#include "core/constants.h"
#include "core/simd.h"

namespace contimg {

std::vector<double> chebyshev_nodes(int n) {
  std::vector<double> nodes;
  for (int k = 0; k < n; ++k) nodes.push_back(std::cos((k + 0.5) * kPi / n));
  return nodes;
}

std::vector<double> chebyshev_series(const std::vector<double>& values) {
  const int n = static_cast<int>(values.size());
  std::vector<double> cosines(4 * n);  // cos(order (k + 1/2) pi / n) = cosines[order (2 k + 1) modulo 4 n]
  for (int i = 0; i < 4 * n; ++i) cosines[i] = std::cos(i * kPi / (2 * n));
  std::vector<double> series(n);
  for (int order = 0; order < n; ++order) {
    for (int k = 0; k < n; ++k) series[order] += values[k] * cosines[order * (2 * k + 1) % (4 * n)];
    series[order] *= (order ? 2.0 : 1.0) / n;
  }
  return series;
}

std::vector<double> powers_of(const std::vector<double>& series) {
  const std::size_t n = series.size();
  std::vector<double> result(n), previous(n), current(n);
  previous[0] = 1;
  if (n > 1) current[1] = 1;
  for (std::size_t order = 0; order < n; ++order) {
    for (std::size_t k = 0; k < n; ++k) result[k] += series[order] * previous[k];
    std::vector<double> next(n);
    for (std::size_t k = 0; k + 1 < n; ++k) next[k + 1] = 2 * current[k];
    for (std::size_t k = 0; k < n; ++k) next[k] -= previous[k];
    previous = current;
    current = next;
  }
  return result;
}

double chebyshev_sum(const std::vector<double>& series, double t) {
  double b1 = 0, b2 = 0;
  for (std::size_t k = series.size() - 1; k > 0; --k) {
    const double b = series[k] + 2 * t * b1 - b2;
    b2 = b1;
    b1 = b;
  }
  return series[0] + t * b1 - b2;
}

CONTIMG_SIMD void chebyshev_sums(const std::vector<double>& series, const double* t, std::size_t n, double* sums) {
  constexpr std::size_t kAtOnce = 64;
  for (std::size_t first = 0; first < n; first += kAtOnce) {
    const std::size_t count = std::min(kAtOnce, n - first);
    double at[kAtOnce] = {}, b1[kAtOnce] = {}, b2[kAtOnce] = {};
    std::copy_n(t + first, count, at);
    for (std::size_t k = series.size() - 1; k > 0; --k)
      for (std::size_t i = 0; i < kAtOnce; ++i) {
        const double b = series[k] + 2 * at[i] * b1[i] - b2[i];
        b2[i] = b1[i];
        b1[i] = b;
      }
    for (std::size_t i = 0; i < count; ++i) sums[first + i] = series[0] + at[i] * b1[i] - b2[i];
  }
}

}  // namespace contimg
