#pragma once

#include <complex>
#include <cstddef>
#include <vector>

namespace contimg::calibration {

/// Normal sums of the baselines between `n` antennas, for one time, band and feed. Column j holds the baselines
/// (i, j) for all i; both orders of a pair are there, and the diagonal is 0.
struct GainProblem {
  explicit GainProblem(std::size_t n_antennas) : n(n_antennas), re(n * n, 0.0), im(n * n, 0.0), power(n * n, 0.0) {}
  std::size_t n;
  std::vector<double> re, im;  ///< at [j * n + i]: sum w V_ij conj(M_ij)
  std::vector<double> power;   ///< sum w |M_ij|^2

  void set(std::size_t i, std::size_t j, std::complex<double> correlation, double model_power) {
    re[j * n + i] = re[i * n + j] = correlation.real();
    im[j * n + i] = correlation.imag();
    im[i * n + j] = -correlation.imag();
    power[j * n + i] = power[i * n + j] = model_power;
  }
};

struct GainFitOptions {
  bool phase_only = false;
  bool robust = true;       ///< outlying baselines count less
  double tolerance = 1e-7;  ///< relative change of the gains between iterations
  int max_iterations = 500;
};

struct GainFit {
  std::vector<std::complex<double>> gains;  ///< up to one phase common to all
  /// Per antenna: of the real part, which is that of the imaginary part. From the scatter of the residuals; what
  /// antennas owe each other is left out, which makes them 1/(2n) too small.
  std::vector<double> sigma;
  bool converged = false;
  int iterations = 0;
};

/// Finds the gains that minimize sum w |V_ij - g_i conj(g_j) M_ij|^2.
///
/// StefCal (Salvini & Wijnholds 2014, A&A 571, A97): every g_i from all others in turn, g_i = sum_j Z_ij g_j /
/// sum_j P_ij |g_j|^2, each second time averaged with the one before. With `robust`, baselines whose residual is beyond
/// 4.5 sigma, sigma by the median, get the weight (4.5 sigma / residual)^2, and the fit is repeated; at first those
/// far brighter than the median baseline do.
/// Deterministic. Cost: 10 n^2 operations per iteration, of which it takes some 20 to 40.
GainFit fit_gains(const GainProblem& problem, const GainFitOptions& options);

}  // namespace contimg::calibration
