#include "imaging/interpolation_kernel.h"

#include <algorithm>
#include <cmath>

#include "core/chebyshev.h"
#include "core/constants.h"
#include "core/least_squares.h"

namespace contimg::imaging {
namespace {

/// Where sample j of 2 n_pairs lies, from the first of the two in the middle.
double place_of(std::size_t j, std::size_t n_pairs) {
  return static_cast<double>(j) - (static_cast<double>(n_pairs) - 1);
}

/// Weights of least misfit, made polynomials through those at Chebyshev nodes of f.
InterpolationKernel least_misfit(std::size_t n_pairs, double band) {
  constexpr int kNodes = InterpolationKernel::kDegree + 1;
  const std::size_t n = 2 * n_pairs, n_frequencies = 4 * n;
  const std::vector<double> nodes = chebyshev_nodes(kNodes);
  LeastSquares problem(2 * n_frequencies, n, kNodes);
  for (std::size_t q = 0; q < n_frequencies; ++q) {
    // denser where the misfit is largest
    const double cycles = band * std::sin(kPi / 2 * (q + 0.5) / static_cast<double>(n_frequencies));
    for (std::size_t j = 0; j < n; ++j) {
      problem.matrix(j)[q] = std::cos(2 * kPi * cycles * (place_of(j, n_pairs) - 0.5));
      problem.matrix(j)[n_frequencies + q] = std::sin(2 * kPi * cycles * (place_of(j, n_pairs) - 0.5));
    }
    for (int p = 0; p < kNodes; ++p) {
      problem.wanted(p)[q] = std::cos(kPi * cycles * nodes[p]);
      problem.wanted(p)[n_frequencies + q] = std::sin(kPi * cycles * nodes[p]);
    }
  }
  problem.solve();
  InterpolationKernel kernel;
  for (std::size_t j = 0; j < n_pairs; ++j) {
    std::vector<double> values(kNodes);
    for (int p = 0; p < kNodes; ++p) values[p] = problem.solution(p)[j];
    const std::vector<double> powers = powers_of(chebyshev_series(values));
    InterpolationKernel::Pair& pair = kernel.pairs.emplace_back();
    for (std::size_t k = 0; k < pair.even.size(); ++k) {
      pair.even[k] = powers[2 * k];
      pair.odd[k] = powers[2 * k + 1];
    }
  }
  return kernel;
}

double largest_misfit(const InterpolationKernel& kernel, double band) {
  constexpr int kPlaces = 17;
  const std::size_t n_frequencies = 8 * kernel.n_samples();
  double largest = 0;
  for (int p = 0; p < kPlaces; ++p) {
    const double f = (p + 0.5) / kPlaces;
    std::vector<double> weights;
    for (std::size_t j = 0; j < kernel.n_samples(); ++j) weights.push_back(kernel.weight(j, f));
    for (std::size_t q = 0; q <= n_frequencies; ++q) {
      const double cycles = band * std::sin(kPi / 2 * static_cast<double>(q) / static_cast<double>(n_frequencies));
      double re = -1, im = 0;
      for (std::size_t j = 0; j < weights.size(); ++j) {
        const double phase = 2 * kPi * cycles * (place_of(j, kernel.pairs.size()) - f);
        re += weights[j] * std::cos(phase);
        im += weights[j] * std::sin(phase);
      }
      largest = std::max(largest, std::hypot(re, im));
    }
  }
  return largest;
}

}  // namespace

double InterpolationKernel::weight(std::size_t j, double f) const {
  const bool is_first_half = j < pairs.size();
  const Pair& pair = pairs[is_first_half ? j : n_samples() - 1 - j];
  const double t = 2 * f - 1;
  double even = 0, odd = 0;
  for (std::size_t k = pair.even.size(); k-- > 0;) {
    even = even * t * t + pair.even[k];
    odd = odd * t * t + pair.odd[k];
  }
  return is_first_half ? even + t * odd : even - t * odd;
}

std::optional<InterpolationKernel> InterpolationKernel::of_band(double band, double misfit) {
  if (!(band < 0.5)) return {};
  for (std::size_t n_pairs = 1; n_pairs <= kMostPairs; ++n_pairs) {
    InterpolationKernel kernel = least_misfit(n_pairs, band);
    if (largest_misfit(kernel, band) <= misfit) return kernel;
  }
  return {};
}

}  // namespace contimg::imaging
