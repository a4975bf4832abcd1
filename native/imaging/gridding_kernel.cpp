#include "imaging/gridding_kernel.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/chebyshev.h"
#include "core/constants.h"
#include "core/least_squares.h"

// Least-misfit kernels (Ye, Gull, Tan & Nikolic 2022, MNRAS 510, 4110). For a given correction h(x) the best weights
// of a position f solve a linear least-squares problem of `width` unknowns over the band; for given weights the best
// h(x) is a quotient of averages over f. The two are solved in turn, starting from an exponential of semicircle.
// Both x and f are sampled at Chebyshev nodes: nodes dense at the edge of the band make the misfit nearly equal over
// it (a plain mean would let the phase center and the image's corners, which lie at band edges, pay for the middle),
// and the values at nodes give the correction's series and the weights' polynomials directly.
// At a given width the misfit is 2 (wide band) to 100 times (narrow band) below the exponential of semicircle's.
namespace contimg::imaging {
namespace {

constexpr int kRounds = 8, kMostNodes = 2 * kMaxWidth, kMostPositions = kernel_degree(kMaxWidth) + 1;
constexpr double kWidestBand = 0.45;

/// The state of the alternation: weights[f][j] and corrections[x].
struct Design {
  int width, n_x, n_f;
  std::vector<double> x, f;                            // nodes
  std::vector<std::array<double, kMaxWidth>> weights;  // per f
  std::vector<double> correction;                      // per x
  // cos and sin of 2 pi x times a cell's distance from the kernel's middle, and times f.
  std::array<std::array<double, kMostNodes>, kMaxWidth> cell_cosine, cell_sine;
  std::array<std::array<double, kMostNodes>, kMostPositions> position_cosine, position_sine;

  Design(int kernel_width, double half_band)
      : width(kernel_width), n_x(std::max(16, 2 * width)), n_f(kernel_degree(width) + 1) {
    for (int q = 0; q < n_x; ++q) x.push_back(half_band * std::cos((q + 0.5) * kPi / (2 * n_x)));
    for (const double t : chebyshev_nodes(n_f)) f.push_back(0.5 * t);
    correction.resize(n_x);
    weights.resize(n_f);
    const double middle = (width - 1) / 2.0, beta = kPi * width * (1 - half_band);
    for (int p = 0; p < n_f; ++p)
      for (int j = 0; j < width; ++j) {
        const double z = 2 * (j - middle - f[p]) / width;
        weights[p][j] = std::exp(beta * (std::sqrt(std::max(0.0, 1 - z * z)) - 1));
      }
    for (int q = 0; q < n_x; ++q) {
      for (int j = 0; j < width; ++j) {
        cell_cosine[j][q] = std::cos(2 * kPi * x[q] * (j - middle));
        cell_sine[j][q] = std::sin(2 * kPi * x[q] * (j - middle));
      }
      for (int p = 0; p < n_f; ++p) {
        position_cosine[p][q] = std::cos(2 * kPi * x[q] * f[p]);
        position_sine[p][q] = std::sin(2 * kPi * x[q] * f[p]);
      }
    }
  }
};

void solve_correction(Design& design) {
  for (int q = 0; q < design.n_x; ++q) {
    double real_sum = 0, power_sum = 0;
    for (int p = 0; p < design.n_f; ++p) {
      double re = 0, im = 0;
      for (int j = 0; j < design.width; ++j) {
        re += design.weights[p][j] * design.cell_cosine[j][q];
        im += design.weights[p][j] * design.cell_sine[j][q];
      }
      real_sum += re * design.position_cosine[p][q] + im * design.position_sine[p][q];
      power_sum += re * re + im * im;
    }
    design.correction[q] = real_sum / power_sum;
  }
}

/// sum_j w_j h(x) exp(2 pi i x (j - middle)) = exp(2 pi i x f) for all x.
void solve_weights(Design& design) {
  const int n_x = design.n_x;
  LeastSquares problem(2 * n_x, design.width, design.n_f);
  for (int j = 0; j < design.width; ++j)
    for (int q = 0; q < n_x; ++q) {
      problem.matrix(j)[q] = design.correction[q] * design.cell_cosine[j][q];
      problem.matrix(j)[n_x + q] = design.correction[q] * design.cell_sine[j][q];
    }
  for (int p = 0; p < design.n_f; ++p) {
    std::copy_n(design.position_cosine[p].data(), n_x, problem.wanted(p));
    std::copy_n(design.position_sine[p].data(), n_x, problem.wanted(p) + n_x);
  }
  problem.solve();
  for (int p = 0; p < design.n_f; ++p)
    for (int j = 0; j < design.width; ++j) design.weights[p][j] = problem.solution(p)[j];
}

/// Largest misfit over the band, of the kernel as it will be evaluated.
double measure_misfit(const GriddingKernel& kernel) {
  constexpr int kPositions = 13, kSamples = 16;
  double worst = 0;
  for (int q = 0; q <= kSamples; ++q) {
    const double x = kernel.half_band * q / kSamples, h = kernel.correction(x);
    double sum = 0;
    for (int p = 0; p < kPositions; ++p) {
      const double f = (p + 0.5) / kPositions - 0.5;
      double re = -1, im = 0;
      for (int j = 0; j < kernel.width; ++j) {
        const double phase = 2 * kPi * x * (j - (kernel.width - 1) / 2.0 - f), weight = h * kernel.weight(j, f);
        re += weight * std::cos(phase);
        im += weight * std::sin(phase);
      }
      sum += re * re + im * im;
    }
    worst = std::max(worst, sum / kPositions);
  }
  return std::sqrt(worst);
}

}  // namespace

double GriddingKernel::weight(int j, double f) const {
  double sum = 0;
  for (int k = degree; k >= 0; --k) sum = sum * (2 * f) + coefficients[k][j];
  return sum;
}

double GriddingKernel::correction(double x) const {
  const double t = x / half_band;
  return chebyshev_sum(correction_series, 2 * t * t - 1);
}

void GriddingKernel::correct(double* x, std::size_t n) const {
  for (std::size_t i = 0; i < n; ++i) x[i] = 2 * (x[i] / half_band) * (x[i] / half_band) - 1;
  chebyshev_sums(correction_series, x, n, x);
}

GriddingKernel least_misfit_kernel(int width, double half_band) {
  GriddingKernel kernel;
  kernel.width = width;
  kernel.half_band = half_band;
  kernel.degree = kernel_degree(width);
  Design design(width, half_band);
  for (int round = 0; round < kRounds; ++round) {
    solve_correction(design);
    solve_weights(design);
  }
  std::vector<double> values(design.n_f);
  for (int j = 0; j < width; ++j) {
    for (int p = 0; p < design.n_f; ++p) values[p] = design.weights[p][j];
    const std::vector<double> polynomial = powers_of(chebyshev_series(values));
    for (int k = 0; k <= kernel.degree; ++k) kernel.coefficients[k][j] = polynomial[k];
  }
  solve_correction(design);
  kernel.correction_series = chebyshev_series(design.correction);
  kernel.misfit = measure_misfit(kernel);
  return kernel;
}

GriddingKernel widest_band_kernel(int width, double misfit) {
  GriddingKernel best = least_misfit_kernel(width, kWidestBand);
  if (best.misfit <= misfit) return best;
  // The misfit goes as band^width at least: this is below the band sought.
  double narrow = std::pow(misfit, 1.0 / width) / (4 * kPi), wide = kWidestBand;
  best = least_misfit_kernel(width, narrow);
  while (wide / narrow > 1.01) {
    const double middle = std::sqrt(wide * narrow);
    GriddingKernel tried = least_misfit_kernel(width, middle);
    (tried.misfit <= misfit ? narrow : wide) = middle;
    if (tried.misfit <= misfit) best = std::move(tried);
  }
  return best;
}

}  // namespace contimg::imaging
