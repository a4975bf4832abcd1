#include "calibration/gain_fit.h"

#include <algorithm>
#include <cmath>

#include "core/median.h"
#include "core/simd.h"

namespace contimg::calibration {
namespace {

constexpr double kClip = 4.5;  // one of 25000 good baselines lies beyond
constexpr int kRobustRounds = 8;
constexpr double kTooBright = 4;  // gains differ, and noise adds; what matters is far beyond
const double kRayleighMedian = std::sqrt(2 * std::log(2.0));  // of |x + iy|, in sigma of x
constexpr double kHalfNormalMedian = 0.67448975;              // of |x|

/// Several times as fast as std::hypot, which minds overflow; squares of visibilities are far from it.
double length(double re, double im) { return std::sqrt(re * re + im * im); }

/// Gains as two arrays, which vectorize.
struct Gains {
  explicit Gains(std::size_t n) : re(n, 0.0), im(n, 0.0) {}
  std::vector<double> re, im;
  double norm(std::size_t i) const { return re[i] * re[i] + im[i] * im[i]; }
};

/// numerator_i = sum_j Z_ij g_j and denominator_i = sum_j P_ij |g_j|^2.
CONTIMG_SIMD void project(std::size_t n, const double* z_re, const double* z_im, const double* power, const double* re,
                          const double* im, double* sum_re, double* sum_im, double* denominator) {
  for (std::size_t i = 0; i < n; ++i) sum_re[i] = sum_im[i] = denominator[i] = 0;
  for (std::size_t j = 0; j < n; ++j) {
    const double gr = re[j], gi = im[j], g2 = gr * gr + gi * gi;
    const double *zr = z_re + j * n, *zi = z_im + j * n, *p = power + j * n;
    for (std::size_t i = 0; i < n; ++i) {
      sum_re[i] += zr[i] * gr - zi[i] * gi;
      sum_im[i] += zr[i] * gi + zi[i] * gr;
      denominator[i] += p[i] * g2;
    }
  }
}

/// Phases against the antenna with the strongest correlations, at the rms amplitude of all.
Gains first_guess(const GainProblem& problem, bool phase_only) {
  const std::size_t n = problem.n;
  std::size_t strongest = 0;
  double most = -1, sum = 0, sum_power = 0;
  for (std::size_t j = 0; j < n; ++j) {
    double total = 0;
    for (std::size_t i = 0; i < n; ++i) total += length(problem.re[j * n + i], problem.im[j * n + i]);
    for (std::size_t i = 0; i < n; ++i) sum_power += problem.power[j * n + i];
    sum += total;
    if (total > most) most = total, strongest = j;
  }
  const double amplitude = phase_only || !(sum_power > 0) ? 1 : std::sqrt(sum / sum_power);
  Gains guess(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double re = problem.re[strongest * n + i], im = problem.im[strongest * n + i], size = length(re, im);
    guess.re[i] = size > 0 ? amplitude * re / size : amplitude;
    guess.im[i] = size > 0 ? amplitude * im / size : 0;
  }
  return guess;
}

/// Iterates to convergence from `gains`. @returns whether it came to it
bool iterate(const GainProblem& problem, const GainFitOptions& options, Gains& gains, int& iterations) {
  const std::size_t n = problem.n;
  Gains next(n);
  std::vector<double> denominator(n);
  for (int iteration = 1; iteration <= options.max_iterations; ++iteration, ++iterations) {
    project(n, problem.re.data(), problem.im.data(), problem.power.data(), gains.re.data(), gains.im.data(),
            next.re.data(), next.im.data(), denominator.data());
    double change = 0, size = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double scale = options.phase_only ? length(next.re[i], next.im[i]) : denominator[i];
      double re = scale > 0 ? next.re[i] / scale : gains.re[i], im = scale > 0 ? next.im[i] / scale : gains.im[i];
      if (iteration % 2 == 0) {
        re = 0.5 * (re + gains.re[i]);
        im = 0.5 * (im + gains.im[i]);
      }
      change += (re - gains.re[i]) * (re - gains.re[i]) + (im - gains.im[i]) * (im - gains.im[i]);
      size += re * re + im * im;
      gains.re[i] = re;
      gains.im[i] = im;
    }
    if (iteration % 2 == 0 && change <= options.tolerance * options.tolerance * size) return true;
  }
  return false;
}

/// |residual| of every baseline in units of its own noise but for one factor, common to all; pairs once. Of phases
/// alone it is the part of the residual across the model: amplitudes that are not 1 are no misfit of a phase.
std::vector<double> residuals(const GainProblem& problem, const Gains& gains, bool phase_only) {
  const std::size_t n = problem.n;
  std::vector<double> result;
  result.reserve(n * (n - 1) / 2);
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i < j; ++i) {
      const double power = problem.power[j * n + i];
      if (!(power > 0)) continue;
      const double re = gains.re[i] * gains.re[j] + gains.im[i] * gains.im[j];
      const double im = gains.im[i] * gains.re[j] - gains.re[i] * gains.im[j];
      const double inverse = 1 / power;
      const double zr = problem.re[j * n + i] * inverse - re, zi = problem.im[j * n + i] * inverse - im;
      const double across = zi * re - zr * im;
      result.push_back(std::sqrt(power * (phase_only ? across * across : zr * zr + zi * zi)));
    }
  return result;
}

/// Noise of a real part of unit weight, by the median; corrected for what the gains took up.
double noise_of(std::vector<double> sizes, std::size_t n_antennas, bool phase_only) {
  if (sizes.empty()) return 0;
  const double middle = upper_median(sizes);
  const double parts = phase_only ? 1 : 2, n_values = parts * static_cast<double>(sizes.size());
  const double n_fitted = parts * static_cast<double>(n_antennas) - 1;
  return middle / (phase_only ? kHalfNormalMedian : kRayleighMedian) *
         std::sqrt(n_values / std::max(1.0, n_values - n_fitted));
}

/// Sigma of the real part of each gain; of phases, in radians, which is the same where amplitudes are 1.
std::vector<double> errors_of(const GainProblem& problem, const Gains& gains, double noise, bool phase_only) {
  const std::size_t n = problem.n;
  std::vector<double> sigma;
  for (std::size_t i = 0; i < n; ++i) {
    double information = 0, along = 0;
    for (std::size_t j = 0; j < n; ++j) {
      const std::size_t k = j * n + i;
      information += problem.power[k] * gains.norm(j);
      along += problem.re[k] * (gains.re[i] * gains.re[j] + gains.im[i] * gains.im[j]) +
               problem.im[k] * (gains.im[i] * gains.re[j] - gains.re[i] * gains.im[j]);
    }
    if (phase_only)
      sigma.push_back(along > 0 ? noise * std::sqrt(information) / along : 0);
    else
      sigma.push_back(information > 0 ? noise / std::sqrt(information) : 0);
  }
  return sigma;
}

/// Takes weight from outlying baselines of `original`. @returns whether there are any
bool weigh_down(const GainProblem& original, const Gains& gains, double noise, bool phase_only, GainProblem& weighted) {
  const std::size_t n = original.n;
  const std::vector<double> sizes = residuals(original, gains, phase_only);
  bool any = false;
  std::size_t at = 0;
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = 0; i < j; ++i) {
      const std::size_t k = j * n + i;
      if (!(original.power[k] > 0)) continue;
      const double ratio = noise > 0 ? sizes[at++] / (kClip * noise) : 0;
      const double weight = ratio > 1 ? 1 / (ratio * ratio) : 1;
      any = any || weight < 1;
      weighted.set(i, j, {weight * original.re[k], weight * original.im[k]}, weight * original.power[k]);
    }
  return any;
}

/// Takes weight from baselines far brighter than most, before anything is fitted: gains fitted to strong interference
/// may be so wrong that no residual tells which baselines have it.
GainProblem without_brightest(const GainProblem& problem) {
  const std::size_t n = problem.n;
  std::vector<double> sizes;
  const auto size_of = [&](std::size_t k) { return length(problem.re[k], problem.im[k]) / problem.power[k]; };
  for (std::size_t k = 0; k < n * n; ++k)
    if (problem.power[k] > 0) sizes.push_back(size_of(k));
  if (sizes.empty()) return problem;
  const double limit = kTooBright * upper_median(sizes);
  GainProblem weighted = problem;
  for (std::size_t k = 0; k < n * n; ++k) {
    if (!(problem.power[k] > 0)) continue;
    const double ratio = size_of(k) / limit, weight = ratio > 1 ? 1 / (ratio * ratio) : 1;
    weighted.re[k] *= weight;
    weighted.im[k] *= weight;
    weighted.power[k] *= weight;
  }
  return weighted;
}

}  // namespace

GainFit fit_gains(const GainProblem& problem, const GainFitOptions& options) {
  const std::size_t n = problem.n;
  const bool phase_only = options.phase_only;
  GainFit fit;
  GainProblem weighted = options.robust ? without_brightest(problem) : problem;
  Gains gains = first_guess(weighted, phase_only);
  fit.converged = iterate(weighted, options, gains, fit.iterations);
  double noise = noise_of(residuals(problem, gains, phase_only), n, phase_only);
  // The first round puts the weights of without_brightest right; more follow as long as baselines are outlying.
  bool outlying = options.robust;
  for (int round = 0; outlying && round < kRobustRounds; ++round) {
    outlying = weigh_down(problem, gains, noise, phase_only, weighted);
    fit.converged = iterate(weighted, options, gains, fit.iterations);
    noise = noise_of(residuals(problem, gains, phase_only), n, phase_only);
  }
  fit.sigma = errors_of(weighted, gains, noise, phase_only);
  for (std::size_t i = 0; i < n; ++i) fit.gains.emplace_back(gains.re[i], gains.im[i]);
  return fit;
}

}  // namespace contimg::calibration
