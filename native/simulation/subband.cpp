#include "simulation/subband.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/parallel.h"
#include "simulation/random.h"

namespace contimg::simulation {
namespace {

/// Last word of the random counter. Words before it: row, channel, tile.
enum Purpose : std::uint32_t { kNoise = 0, kSampleFraction = 1 };

constexpr double kFewestSamples = 0.95;

std::complex<double> product(std::complex<double> a, std::complex<double> b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

/// Writes one row, (channels, pols), from its Stokes I visibilities.
void receive_row(const Tile& tile, const AntennaPair& pair, std::uint32_t row, std::size_t first_channel,
                 const std::complex<double>* stokes_i, NdView<std::complex<float>, 2> out) {
  const auto& [gains, sigma, seed] = tile.receivers;
  const bool autocorrelation = pair.first == pair.second;
  for (std::size_t c = 0; c < out.shape(0); ++c) {
    const std::size_t channel = first_channel + c;
    std::array<float, 2 * kPols> noise{};
    if (sigma > 0) noise = normal({row, static_cast<std::uint32_t>(channel), tile.number, kNoise}, seed);
    for (std::size_t pol = 0; pol < kPols; ++pol) {
      std::complex<double> value = stokes_i[c];
      if (!gains.empty())
        value = product(value, product(std::conj(gains(pair.first, channel, pol)), gains(pair.second, channel, pol)));
      const double re = value.real() + sigma * noise[2 * pol];
      const double im = autocorrelation ? 0 : value.imag() + sigma * noise[2 * pol + 1];
      out(c, pol) = {static_cast<float>(re), static_cast<float>(im)};
    }
  }
}

void check(const Tile& tile) {
  const auto& [gains, sigma, seed] = tile.receivers;
  if (tile.n_subbands == 0 || tile.channels.count % tile.n_subbands != 0)
    throw Error(code::kInvalidArgument, "Expected as many channels in every subband");
  if (!gains.empty() &&
      (gains.shape(0) != tile.position_m.size() || gains.shape(1) != tile.channels.count || gains.shape(2) != kPols))
    throw Error(code::kInvalidArgument, "Expected gains of shape (antennas, channels, 2)");
}

}  // namespace

std::vector<std::vector<ApparentSource>> apparent_skies(const Tile& tile) {
  std::vector<std::vector<ApparentSource>> skies;
  for (double time : tile.time_mjd_s) skies.push_back(apparent_sky(tile.sky, tile.array, time));
  return skies;
}

Channels subband_channels(const Tile& tile, std::size_t subband) {
  const std::size_t count = tile.channels.count / tile.n_subbands;
  return {tile.channels.center_hz(subband * count), tile.channels.step_hz, count};
}

SubbandData simulate_subband(const Tile& tile, const std::vector<std::vector<ApparentSource>>& apparent,
                             std::size_t subband, unsigned threads, const JobContext& context) {
  check(tile);
  const Channels channels = subband_channels(tile, subband);
  const std::vector<AntennaPair> baselines = correlator_baselines(tile.position_m.size());
  const std::size_t n_baselines = baselines.size(), n_rows = n_baselines * tile.time_mjd_s.size();
  const std::size_t first_channel = subband * channels.count, row_size = channels.count * kPols;
  SubbandData data{NdArray<std::complex<float>, 3>::uninitialized({n_rows, channels.count, kPols}),
                   NdArray<float, 3>::uninitialized({n_rows, channels.count, kPols})};

  parallel_for(tile.time_mjd_s.size(), threads, [&](std::size_t time) {
    context.checkpoint();
    auto stokes_i = NdArray<std::complex<double>, 2>::uninitialized({n_baselines, channels.count});
    predict_visibilities(tile.sky, apparent[time], tile.array, tile.position_m, channels, stokes_i.view());
    for (std::size_t b = 0; b < n_baselines; ++b) {
      const std::uint32_t row = static_cast<std::uint32_t>(time * n_baselines + b);
      receive_row(tile, baselines[b], row, first_channel, &stokes_i(b, 0),
                  {data.visibilities.data() + row * row_size, {channels.count, kPols}});
      const float fraction = uniform(philox({row, 0, tile.number, kSampleFraction}, tile.receivers.seed)[0]);
      float* nsamples = data.nsamples.data() + row * row_size;
      std::fill(nsamples, nsamples + row_size, static_cast<float>(kFewestSamples + (1 - kFewestSamples) * fraction));
    }
  });
  return data;
}

}  // namespace contimg::simulation
