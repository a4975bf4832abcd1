#include "calibration/delay_fit.h"

#include <algorithm>
#include <cmath>

#include "core/constants.h"

namespace contimg::calibration {
namespace {

constexpr int kSlopeRounds = 20;

/// Channels that have a gain.
struct Channels {
  std::vector<double> offset_hz;               ///< from the middle of the band
  std::vector<std::complex<double>> weighted;  ///< gain / sigma^2
  std::vector<double> weight;                  ///< 1 / sigma^2
  std::vector<double> information;             ///< |gain|^2 / sigma^2: inverse variance of the phase
};

Channels channels_with_gains(const std::vector<double>& freq_hz, const std::vector<std::complex<double>>& gains,
                             const std::vector<double>& sigma) {
  Channels result;
  const double middle = 0.5 * (freq_hz.front() + freq_hz.back());
  for (std::size_t k = 0; k < freq_hz.size(); ++k) {
    if (!(sigma[k] > 0)) continue;
    const double weight = 1 / (sigma[k] * sigma[k]);
    result.offset_hz.push_back(freq_hz[k] - middle);
    result.weight.push_back(weight);
    result.weighted.push_back(weight * gains[k]);
    result.information.push_back(weight * std::norm(gains[k]));
  }
  return result;
}

std::complex<double> phasor(double turns) { return std::polar(1.0, 2 * kPi * (turns - std::floor(turns))); }

double strongest_delay(const Channels& channels) {
  const auto& offset = channels.offset_hz;
  const double bandwidth = offset.back() - offset.front();
  double spacing = bandwidth;
  for (std::size_t k = 1; k < offset.size(); ++k) spacing = std::min(spacing, offset[k] - offset[k - 1]);
  const double step = 0.25 / bandwidth, last = 0.5 / spacing;
  const auto n_steps = static_cast<long>(std::floor(last / step));
  std::vector<std::complex<double>> now = channels.weighted, advance;
  for (std::size_t k = 0; k < offset.size(); ++k) {
    now[k] *= phasor(offset[k] * step * static_cast<double>(n_steps));
    advance.push_back(phasor(-offset[k] * step));
  }
  double best = 0, most = -1;
  for (long i = -n_steps; i <= n_steps; ++i) {
    double re = 0, im = 0;
    for (std::size_t k = 0; k < now.size(); ++k) {
      const double nr = now[k].real(), ni = now[k].imag(), ar = advance[k].real(), ai = advance[k].imag();
      re += nr;
      im += ni;
      now[k] = {nr * ar - ni * ai, nr * ai + ni * ar};
    }
    const double size = re * re + im * im;
    if (size > most) most = size, best = static_cast<double>(i) * step;
  }
  return best;
}

}  // namespace

DelayFit fit_delay(const std::vector<double>& freq_hz, const std::vector<std::complex<double>>& gains,
                   const std::vector<double>& sigma) {
  const Channels channels = channels_with_gains(freq_hz, gains, sigma);
  const auto& offset = channels.offset_hz;
  DelayFit fit;
  if (offset.size() < 2) return fit;
  fit.delay_s = strongest_delay(channels);
  double sum = 0, mean = 0, spread = 0, weights = 0;
  for (std::size_t k = 0; k < offset.size(); ++k) {
    sum += channels.information[k];
    weights += channels.weight[k];
    mean += channels.information[k] * offset[k];
  }
  mean /= sum;
  for (std::size_t k = 0; k < offset.size(); ++k)
    spread += channels.information[k] * (offset[k] - mean) * (offset[k] - mean);
  for (int round = 0; round < kSlopeRounds; ++round) {
    std::complex<double> total = 0;
    for (std::size_t k = 0; k < offset.size(); ++k) total += channels.weighted[k] * phasor(-fit.delay_s * offset[k]);
    double slope = 0;
    for (std::size_t k = 0; k < offset.size(); ++k) {
      const double phase = std::arg(channels.weighted[k] * phasor(-fit.delay_s * offset[k]) * std::conj(total));
      slope += channels.information[k] * (offset[k] - mean) * phase;
    }
    const double change = slope / spread / (2 * kPi);
    fit.delay_s += change;
    fit.snr = std::abs(total) / std::sqrt(weights);
    if (std::abs(change) < 1e-16) break;
  }
  fit.sigma_s = 1 / (2 * kPi * std::sqrt(spread));
  return fit;
}

}  // namespace contimg::calibration
