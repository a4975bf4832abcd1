/// The sum over sources factors into antennas: the phase of a baseline is that of its second antenna minus that of its
/// first. So, for a batch of sources,
///
///   1. each antenna's phasor exp(2 pi i nu/c r.(s - s0)) is filled for all sources and channels: one sincos for the
///      first channel, one for the step between channels, and a complex product per further channel;
///   2. a second copy carries the attenuated flux of the source;
///   3. each baseline is the sum over sources of conj(phasor of first) times (flux phasor of second).
///
/// Step 3 is nearly all the work and a plain loop over channels, which the compiler vectorizes: real and imaginary
/// parts are kept apart. Everything is double precision; the recurrence over a subband's 48 channels loses 1e-14.
#include "simulation/visibilities.h"

#include <algorithm>
#include <cmath>

#include "core/constants.h"

namespace contimg::simulation {
namespace {

/// Sources taken together: at 48 channels an antenna's phasors then fit the second-level cache.
constexpr std::size_t kBatch = 32;

/// Phasors of all antennas for a batch of sources: (antennas, sources, channels).
struct Phasors {
  Phasors(std::size_t n_antennas, std::size_t n_channels)
      : stride(kBatch * n_channels), re(n_antennas * stride), im(n_antennas * stride) {}
  std::size_t stride;
  std::vector<double> re, im;
};

/// phase = 2 pi delay nu, for every channel of one antenna and source.
void fill_phasors(double delay_s, const Channels& channels, double* re, double* im) {
  const double start = 2 * kPi * delay_s * channels.first_hz, step = 2 * kPi * delay_s * channels.step_hz;
  const double step_re = std::cos(step), step_im = std::sin(step);
  double now_re = std::cos(start), now_im = std::sin(start);
  for (std::size_t channel = 0; channel < channels.count; ++channel) {
    re[channel] = now_re;
    im[channel] = now_im;
    const double next_re = now_re * step_re - now_im * step_im;
    now_im = now_re * step_im + now_im * step_re;
    now_re = next_re;
  }
}

/// sum += conj(first) * second over channels.
void add_product(std::size_t n, const double* first_re, const double* first_im, const double* second_re,
                 const double* second_im, double* sum_re, double* sum_im) {
  for (std::size_t i = 0; i < n; ++i) {
    sum_re[i] += first_re[i] * second_re[i] + first_im[i] * second_im[i];
    sum_im[i] += first_re[i] * second_im[i] - first_im[i] * second_re[i];
  }
}

}  // namespace

std::vector<AntennaPair> correlator_baselines(std::size_t n_antennas) {
  std::vector<AntennaPair> baselines;
  for (std::uint32_t second = 0; second < n_antennas; ++second)
    for (std::uint32_t first = 0; first <= second; ++first) baselines.push_back({first, second});
  return baselines;
}

void predict_visibilities(const Sky& sky, const std::vector<ApparentSource>& apparent, const TransitArray& array,
                          const std::vector<Vec3>& position_m, const Channels& channels,
                          NdView<std::complex<double>, 2> visibilities) {
  const std::size_t n_antennas = position_m.size(), n = channels.count;
  const std::vector<AntennaPair> baselines = correlator_baselines(n_antennas);
  Phasors phasors(n_antennas, n), bright(n_antennas, n);
  std::vector<double> sum_re(n), sum_im(n);
  std::fill(visibilities.begin(), visibilities.end(), 0.0);

  for (std::size_t begin = 0; begin < sky.sources.size(); begin += kBatch) {
    const std::size_t end = std::min(begin + kBatch, sky.sources.size());
    for (std::size_t s = begin; s < end; ++s) {
      const std::vector<double> flux = attenuated_flux(sky.sources[s], apparent[s], sky.reference_hz, array, channels);
      for (std::size_t antenna = 0; antenna < n_antennas; ++antenna) {
        const std::size_t at = antenna * phasors.stride + (s - begin) * n;
        const double delay_s = dot(position_m[antenna], apparent[s].offset) / kSpeedOfLight;
        fill_phasors(delay_s, channels, &phasors.re[at], &phasors.im[at]);
        for (std::size_t channel = 0; channel < n; ++channel) {
          bright.re[at + channel] = flux[channel] * phasors.re[at + channel];
          bright.im[at + channel] = flux[channel] * phasors.im[at + channel];
        }
      }
    }
    for (std::size_t baseline = 0; baseline < baselines.size(); ++baseline) {
      const std::size_t first = baselines[baseline].first * phasors.stride;
      const std::size_t second = baselines[baseline].second * phasors.stride;
      std::fill(sum_re.begin(), sum_re.end(), 0.0);
      std::fill(sum_im.begin(), sum_im.end(), 0.0);
      for (std::size_t at = 0; at < (end - begin) * n; at += n)
        add_product(n, &phasors.re[first + at], &phasors.im[first + at], &bright.re[second + at],
                    &bright.im[second + at], sum_re.data(), sum_im.data());
      for (std::size_t channel = 0; channel < n; ++channel)
        visibilities(baseline, channel) += std::complex<double>(sum_re[channel], sum_im[channel]);
    }
  }
}

}  // namespace contimg::simulation
