#include "imaging/flux_basis.h"

#include <algorithm>
#include <cmath>

namespace contimg::imaging {
namespace {

/// The largest magnitude of each point, summed up.
double total(const NdArray<float, 2>& samples) {
  double sum = 0;
  for (std::size_t i = 0; i < samples.shape(0); ++i) {
    float largest = 0;
    for (std::size_t s = 0; s < samples.shape(1); ++s) largest = std::max(largest, std::abs(samples(i, s)));
    sum += largest;
  }
  return sum;
}

double power(const NdArray<float, 2>& samples, std::size_t point) {
  double sum = 0;
  for (std::size_t s = 0; s < samples.shape(1); ++s) sum += static_cast<double>(samples(point, s)) * samples(point, s);
  return sum;
}

}  // namespace

FluxBasis flux_basis(NdArray<float, 2> samples, double epsilon, std::size_t most) {
  const std::size_t n_points = samples.shape(0), n_samples = samples.shape(1);
  FluxBasis basis;
  const double all = total(samples);
  if (!(all > 0)) return basis;
  basis.error = 1;
  std::vector<std::vector<double>> overlaps;  // per pivot, of the points with what was new in it
  while (basis.error > epsilon && basis.pivots.size() < std::min(most, n_points)) {
    std::size_t pivot = 0;
    double largest = -1;
    for (std::size_t i = 0; i < n_points; ++i) {
      const double power_of_point = power(samples, i);
      if (power_of_point > largest) largest = power_of_point, pivot = i;
    }
    std::vector<double> direction(n_samples);
    for (std::size_t s = 0; s < n_samples; ++s) direction[s] = samples(pivot, s) / std::sqrt(largest);
    std::vector<double> overlap(n_points);
    for (std::size_t i = 0; i < n_points; ++i) {
      for (std::size_t s = 0; s < n_samples; ++s) overlap[i] += direction[s] * samples(i, s);
      for (std::size_t s = 0; s < n_samples; ++s) samples(i, s) -= static_cast<float>(overlap[i] * direction[s]);
    }
    basis.pivots.push_back(pivot);
    overlaps.push_back(std::move(overlap));
    basis.error = total(samples) / all;
  }
  // Pivot k has no overlap with what is new in later ones: a triangle of equations.
  const std::size_t n = basis.pivots.size();
  basis.coefficients = NdArray<float, 2>({n_points, n});
  std::vector<double> solved(n);
  for (std::size_t i = 0; i < n_points; ++i) {
    for (std::size_t k = n; k-- > 0;) {
      solved[k] = overlaps[k][i];
      for (std::size_t later = k + 1; later < n; ++later) solved[k] -= overlaps[k][basis.pivots[later]] * solved[later];
      solved[k] /= overlaps[k][basis.pivots[k]];
      basis.coefficients(i, k) = static_cast<float>(solved[k]);
    }
  }
  return basis;
}

}  // namespace contimg::imaging
