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
  OptimalKernel() {
    // Covariances, and two Lagrange multipliers for sum w = 1 and sum w i = the position.
    std::array<std::array<double, kEquations>, kEquations> matrix{};
    for (std::size_t i = 0; i < kTaps; ++i) {
      const auto place = static_cast<double>(i);
      for (std::size_t j = 0; j < kTaps; ++j) matrix[i][j] = covariance(place - static_cast<double>(j));
      matrix[i][kTaps] = matrix[kTaps][i] = 1;
      matrix[i][kTaps + 1] = matrix[kTaps + 1][i] = place;
    }
    for (std::size_t k = 0; k < kEquations; ++k) {
      std::array<double, kEquations> unit{};
      unit[k] = 1;
      inverse_[k] = solve(matrix, unit);
    }
  }

  /// Weight of a pixel at distance x: -2 <= x - floor of the position <= 3, so |x| <= 3.
  double operator()(double x) const {
    if (!(std::abs(x) < kTaps / 2)) return 0;
    const double position = std::ceil(x) - x + 2;
    const auto tap = static_cast<std::size_t>(std::lround(std::ceil(x))) + kTaps / 2 - 1;
    if (tap >= kTaps) return 0;
    double weight = inverse_[kTaps][tap] + position * inverse_[kTaps + 1][tap];
    for (std::size_t i = 0; i < kTaps; ++i) weight += covariance(static_cast<double>(i) - position) * inverse_[i][tap];
    return weight;
  }

 private:
  static constexpr std::size_t kTaps = 6, kEquations = kTaps + 2;
  static constexpr double kFwhm = 3.5;

  static double covariance(double d) {
    const double s = kFwhm / std::sqrt(8 * std::log(2.0));
    return std::exp(-d * d / (4 * s * s));
  }

  std::array<std::array<double, kEquations>, kEquations> inverse_;  ///< symmetric
};

double half_width(Kernel kernel) {
  if (kernel == Kernel::kBilinear) return 1;
  return kernel == Kernel::kBicubic ? 2 : 3;
}

/// How far the triangle reaches that the pixels' own is convolved with where it is stretched: the variances of the
/// two, 1/6 and reach^2/6, are together that of a triangle that is `stretch` times as wide.
double smoothing_reach(double stretch) { return std::sqrt(stretch * stretch - 1); }

double weight_at(Kernel kernel, double x) {
  static const OptimalKernel optimal;
  if (kernel == Kernel::kBicubic) return keys(x);
  return kernel == Kernel::kLanczos3 ? lanczos3(x) : optimal(x);
}

/// Bilinear interpolation convolved with a triangle, both of area 1: straight lines stay exact whatever the width.
double smoothed_triangle(double x, double reach) {
  if (reach == 0) return triangle(x);
  double sum = 0;
  for (int i = -1; i <= 1; ++i)
    for (int j = -1; j <= 1; ++j) {
      const double d = std::abs(x + i + j * reach);
      sum += (i == 0 ? -2 : 1) * (j == 0 ? -2 : 1) * d * d * d;
    }
  return sum / (12 * reach * reach);
}

/// The kernel's own sum w x^2, on average over positions: what widens a source, and must not vary between pixels.
double second_moment(Kernel kernel) { return kernel == Kernel::kOptimal ? 0.0105 : 0; }

/// Makes sum w = 1, sum w x^2 = `second`, and sum w x = sum w x^3 = 0, which a kernel loses that is sampled at other
/// distances than its own: adds a cubic polynomial under an envelope that ends where the kernel does.
void restore_moments(double reach, double second, const std::vector<double>& distances, std::vector<double>* weights) {
  constexpr std::size_t kMoments = 4;
  std::array<std::array<double, kMoments>, kMoments> matrix{};
  std::array<double, kMoments> missing{1, 0, second / (reach * reach), 0};
  std::vector<std::array<double, kMoments>> terms;
  for (std::size_t tap = 0; tap < distances.size(); ++tap) {
    const double t = distances[tap] / reach, envelope = std::max(0.0, 1 - t * t);
    const std::array<double, kMoments> powers{1, t, t * t, t * t * t};
    terms.emplace_back();
    for (std::size_t k = 0; k < kMoments; ++k) {
      terms.back()[k] = envelope * envelope * powers[k];
      missing[k] -= (*weights)[tap] * powers[k];
      for (std::size_t j = 0; j < kMoments; ++j) matrix[k][j] += envelope * envelope * powers[k] * powers[j];
    }
  }
  const auto factors = solve(matrix, missing);
  for (std::size_t tap = 0; tap < distances.size(); ++tap)
    for (std::size_t k = 0; k < kMoments; ++k) (*weights)[tap] += factors[k] * terms[tap][k];
}

/// The weights of a position that is `fraction` pixels beyond the last tap before it; their sum is 1.
std::vector<double> weights_at(Kernel kernel, double stretch, int taps, double fraction) {
  std::vector<double> weights(taps), distances(taps);
  double sum = 0;
  for (int tap = 0; tap < taps; ++tap) {
    const double x = distances[tap] = tap - (taps / 2 - 1) - fraction;
    sum += weights[tap] =
        kernel == Kernel::kBilinear ? smoothed_triangle(x, smoothing_reach(stretch)) : weight_at(kernel, x / stretch);
  }
  for (double& weight : weights) weight /= sum;
  if (kernel != Kernel::kBilinear && stretch > 1)
    restore_moments(half_width(kernel) * stretch, second_moment(kernel) * stretch * stretch, distances, &weights);
  return weights;
}

/// Pixels on either side that have a weight.
double reach_of(Kernel kernel, double stretch) {
  return kernel == Kernel::kBilinear ? 1 + smoothing_reach(stretch) : half_width(kernel) * stretch;
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
  taps_ = 2 * static_cast<int>(std::ceil(reach_of(kernel, stretch) - 1e-9));
  padded_ = (taps_ + kLanes - 1) / kLanes * kLanes;
  table_.resize(static_cast<std::size_t>(kSteps + 1) * padded_);
  for (int step = 0; step <= kSteps; ++step) {
    const auto weights = weights_at(kernel, stretch, taps_, static_cast<double>(step) / kSteps);
    std::copy(weights.begin(), weights.end(), table_.data() + static_cast<std::size_t>(step) * padded_);
  }
  if (stretch == 1 && kernel != Kernel::kBilinear) series_ = series_of(kernel, taps_);
}

}  // namespace contimg::mosaic
