#include "mosaic/kernel_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/constants.h"

namespace contimg::mosaic {
namespace {

double sinc(double x) { return x == 0 ? 1 : std::sin(kPi * x) / (kPi * x); }

/// Solves matrix * x = right by Gaussian elimination with row pivoting.
template <std::size_t N>
std::array<double, N> solve(std::array<std::array<double, N>, N> matrix, std::array<double, N> right) {
  for (std::size_t k = 0; k < N; ++k) {
    std::size_t pivot = k;
    for (std::size_t row = k + 1; row < N; ++row)
      if (std::abs(matrix[row][k]) > std::abs(matrix[pivot][k])) pivot = row;
    std::swap(matrix[k], matrix[pivot]);
    std::swap(right[k], right[pivot]);
    for (std::size_t row = k + 1; row < N; ++row) {
      const double factor = matrix[row][k] / matrix[k][k];
      for (std::size_t column = k; column < N; ++column) matrix[row][column] -= factor * matrix[k][column];
      right[row] -= factor * right[k];
    }
  }
  for (std::size_t k = N; k-- > 0;) {
    for (std::size_t column = k + 1; column < N; ++column) right[k] -= matrix[k][column] * right[column];
    right[k] /= matrix[k][k];
  }
  return right;
}

}  // namespace

template <typename WeightsAt>
KernelTable KernelTable::tabulate(WeightsAt weights_at) {
  KernelTable result;
  for (int step = 0; step <= kSteps; ++step) {
    Exact distance;  // of the six pixels from the position
    for (int tap = 0; tap < kTaps; ++tap) distance[tap] = tap - 2 - static_cast<double>(step) / kSteps;
    const Exact weights = weights_at(distance);
    for (int tap = 0; tap < kTaps; ++tap) result.table_[step][tap] = static_cast<float>(weights[tap]);
  }
  return result;
}

KernelTable KernelTable::lanczos3() {
  return tabulate([](const Exact& distance) {
    Exact weights;
    double sum = 0;
    for (int tap = 0; tap < kTaps; ++tap) {
      const double x = distance[tap];
      sum += weights[tap] = std::abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
    }
    for (double& weight : weights) weight /= sum;
    return weights;
  });
}

KernelTable KernelTable::optimal(double fwhm_pixels) {
  const double s = fwhm_pixels / std::sqrt(8 * std::log(2.0));
  const auto covariance = [s](double d) { return std::exp(-d * d / (4 * s * s)); };
  return tabulate([&](const Exact& distance) {
    // Covariances, and two Lagrange multipliers for sum w = 1 and sum w x = 0.
    constexpr std::size_t kSize = kTaps + 2;
    std::array<std::array<double, kSize>, kSize> matrix{};
    std::array<double, kSize> right{};
    for (int i = 0; i < kTaps; ++i) {
      for (int j = 0; j < kTaps; ++j) matrix[i][j] = covariance(i - j);
      matrix[i][kTaps] = matrix[kTaps][i] = 1;
      matrix[i][kTaps + 1] = matrix[kTaps + 1][i] = distance[i];
      right[i] = covariance(distance[i]);
    }
    right[kTaps] = 1;
    const auto solution = solve(matrix, right);
    Exact weights;
    std::copy_n(solution.begin(), kTaps, weights.begin());
    return weights;
  });
}

}  // namespace contimg::mosaic
