#include "mosaic/kernel_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/constants.h"
#include "core/error.h"

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

double lanczos3(double x) { return std::abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0; }

double keys(double x) {
  const double d = std::abs(x);
  if (d <= 1) return (1.5 * d - 2.5) * d * d + 1;
  return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
}

double triangle(double x) { return std::max(0.0, 1 - std::abs(x)); }

/// The weights of least error for an image that is a sum of Gaussian beams: its covariance at distance d is
/// exp(-d^2 / (4 s^2)), s = fwhm / 2.355, and the weights minimize the expected squared error under the condition that
/// straight lines are exact ("kriging"). Wider beams are interpolated as well or better.
class OptimalKernel {
 public:
  /// Weight of a pixel at distance x: -2 <= x - floor of the position <= 3, so |x| <= 3.
  double operator()(double x) const {
    if (!(std::abs(x) < kTaps / 2)) return 0;
    const double fraction = std::ceil(x) - x;
    const auto tap = static_cast<std::size_t>(std::lround(std::ceil(x))) + kTaps / 2 - 1;
    return tap < kTaps ? weights(fraction)[tap] : 0;
  }

 private:
  static constexpr std::size_t kTaps = 6;
  static constexpr double kFwhm = 3.5;

  static std::array<double, kTaps + 2> weights(double fraction) {
    const double s = kFwhm / std::sqrt(8 * std::log(2.0));
    const auto covariance = [s](double d) { return std::exp(-d * d / (4 * s * s)); };
    // Covariances, and two Lagrange multipliers for sum w = 1 and sum w x = 0.
    std::array<std::array<double, kTaps + 2>, kTaps + 2> matrix{};
    std::array<double, kTaps + 2> right{};
    for (std::size_t i = 0; i < kTaps; ++i) {
      const double distance = static_cast<double>(i) - 2 - fraction;
      for (std::size_t j = 0; j < kTaps; ++j)
        matrix[i][j] = covariance(static_cast<double>(i) - static_cast<double>(j));
      matrix[i][kTaps] = matrix[kTaps][i] = 1;
      matrix[i][kTaps + 1] = matrix[kTaps + 1][i] = distance;
      right[i] = covariance(distance);
    }
    right[kTaps] = 1;
    return solve(matrix, right);
  }
};

double half_width(Kernel kernel) {
  if (kernel == Kernel::kBilinear) return 1;
  return kernel == Kernel::kBicubic ? 2 : 3;
}

double weight_at(Kernel kernel, double x) {
  if (kernel == Kernel::kBilinear) return triangle(x);
  if (kernel == Kernel::kBicubic) return keys(x);
  return kernel == Kernel::kLanczos3 ? lanczos3(x) : OptimalKernel()(x);
}

/// The weights of a position that is `fraction` pixels beyond the last tap before it; their sum is 1.
std::vector<double> weights_at(Kernel kernel, double stretch, int taps, double fraction) {
  std::vector<double> weights(taps);
  double sum = 0;
  for (int tap = 0; tap < taps; ++tap)
    sum += weights[tap] = weight_at(kernel, (tap - (taps / 2 - 1) - fraction) / stretch);
  for (double& weight : weights) weight /= sum;
  return weights;
}

/// Interpolates the even and the odd part of each tap's weight, as polynomials of u^2, at Chebyshev nodes.
std::vector<float> series_of(Kernel kernel, int taps) {
  constexpr std::size_t kTerms = KernelTable::kTerms;
  std::array<std::array<double, kTerms>, kTerms> powers;
  std::vector<std::array<double, kTerms>> values(taps);  // by pair: even, odd
  for (std::size_t node = 0; node < kTerms; ++node) {
    const double square = (1 - std::cos(kPi * (static_cast<double>(node) + 0.5) / kTerms)) / 8, u = std::sqrt(square);
    for (std::size_t k = 0; k < kTerms; ++k) powers[node][k] = k == 0 ? 1 : powers[node][k - 1] * square;
    const auto right = weights_at(kernel, 1, taps, 0.5 + u), left = weights_at(kernel, 1, taps, 0.5 - u);
    for (int pair = 0; pair < taps / 2; ++pair) {
      values[2 * pair][node] = (right[pair] + left[pair]) / 2;
      values[2 * pair + 1][node] = (right[pair] - left[pair]) / (2 * u);
    }
  }
  std::vector<float> series;
  for (const auto& part : values)
    for (double coefficient : solve(powers, part)) series.push_back(static_cast<float>(coefficient));
  return series;
}

}  // namespace

KernelTable::KernelTable(Kernel kernel, double stretch) {
  if (kernel == Kernel::kAdaptive || !(stretch >= 1 && stretch <= 64))
    throw Error(code::kInvalidArgument,
                "Expected pixels of the output to be at most 64 times as wide as those of the image, but they are " +
                    std::to_string(stretch) + " times");
  taps_ = 2 * static_cast<int>(std::ceil(half_width(kernel) * stretch - 1e-9));
  padded_ = (taps_ + kLanes - 1) / kLanes * kLanes;
  table_.resize(static_cast<std::size_t>(kSteps + 1) * padded_);
  for (int step = 0; step <= kSteps; ++step) {
    const auto weights = weights_at(kernel, stretch, taps_, static_cast<double>(step) / kSteps);
    std::copy(weights.begin(), weights.end(), table_.data() + static_cast<std::size_t>(step) * padded_);
  }
  if (stretch == 1 && kernel != Kernel::kBilinear) series_ = series_of(kernel, taps_);
}

}  // namespace contimg::mosaic
