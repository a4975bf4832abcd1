#include "imaging/stokes_visibilities.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "coordinates/rephase.h"
#include "core/parallel.h"

namespace contimg::imaging {
namespace {

constexpr std::size_t kAutocorrelation = static_cast<std::size_t>(-1);

/// Indices of the two polarizations whose mean is wanted; equal where it is there itself.
struct StokesPair {
  std::size_t first, second;
};

StokesPair stokes_pair(const std::vector<int>& polarizations, Stokes stokes) {
  const auto index = [&](int code) {
    return static_cast<std::size_t>(std::find(polarizations.begin(), polarizations.end(), code) -
                                    polarizations.begin());
  };
  const std::size_t none = polarizations.size();
  const std::size_t itself = index(static_cast<int>(stokes));
  if (itself != none) return {itself, itself};
  if (stokes == Stokes::kI)
    for (const auto& [a, b] : {std::pair(-5, -6), std::pair(-1, -2)})
      if (index(a) != none && index(b) != none) return {index(a), index(b)};
  std::string codes;
  for (const int code : polarizations) codes += " " + std::to_string(code);
  throw Error(code::kNoValidData,
              (stokes == Stokes::kI
                   ? "Expected polarizations XX and YY (AIPS codes -5 and -6), RR and LL, or I, to image Stokes I"
                   : "Expected the polarization with the AIPS code " + std::to_string(static_cast<int>(stokes))) +
                  ", but the data have the codes" + codes);
}

float usable_weight(const VisibilityBlock& block, std::size_t row, std::size_t channel, std::size_t pol) {
  const float weight = block.weights(row, channel, pol);
  const std::complex<float> v = block.visibilities(row, channel, pol);
  const bool usable = !block.flags(row, channel, pol) && weight > 0 && std::isfinite(weight) &&
                      std::isfinite(v.real()) && std::isfinite(v.imag());
  return usable ? weight : 0.0f;
}

/// The rows [begin, end) of a block, as a block.
VisibilityBlock slice(const VisibilityBlock& block, std::size_t begin, std::size_t end) {
  const std::size_t n_channels = block.visibilities.shape(1), n_pols = block.visibilities.shape(2);
  const std::size_t offset = begin * n_channels * n_pols;
  const std::array<std::size_t, 3> shape{end - begin, n_channels, n_pols};
  return {block.first_row + begin,
          block.first_channel,
          {block.visibilities.data() + offset, shape},
          {block.flags.data() + offset, shape},
          {block.weights.data() + offset, shape}};
}

void store(const VisibilityBlock& block, const StokesPair& pair, ChannelRange channels,
           const std::vector<std::size_t>& row_of, StokesVisibilities& out) {
  const std::size_t first = std::max(block.first_channel, channels.first),
                    end = std::min(block.first_channel + block.visibilities.shape(1), channels.end);
  for (std::size_t row = 0; row < block.visibilities.shape(0); ++row) {
    const std::size_t to = row_of[block.first_row + row];
    if (to == kAutocorrelation) continue;
    for (std::size_t of_all = first; of_all < end; ++of_all) {
      const std::size_t channel = of_all - block.first_channel, column = of_all - channels.first;
      const float w1 = usable_weight(block, row, channel, pair.first);
      const float w2 = usable_weight(block, row, channel, pair.second);
      if (!(w1 > 0 && w2 > 0)) continue;
      out.visibilities(to, column) =
          0.5f * (block.visibilities(row, channel, pair.first) + block.visibilities(row, channel, pair.second));
      out.weights(to, column) = pair.first == pair.second ? w1 : 4.0f / (1.0f / w1 + 1.0f / w2);
    }
  }
}

/// Moves the rows that have a weight to the front and shortens the arrays to them.
void drop_empty_rows(StokesVisibilities& all) {
  const std::size_t n_channels = all.weights.shape(1);
  std::size_t kept = 0;
  for (std::size_t row = 0; row < all.time_index.size(); ++row) {
    const float* weights = &all.weights(row, 0);
    if (std::count(weights, weights + n_channels, 0.0f) == static_cast<std::ptrdiff_t>(n_channels)) continue;
    if (kept != row) {
      std::copy_n(weights, n_channels, &all.weights(kept, 0));
      std::copy_n(&all.visibilities(row, 0), n_channels, &all.visibilities(kept, 0));
      all.uvw_m(kept) = all.uvw_m(row);
      all.time_index[kept] = all.time_index[row];
    }
    ++kept;
  }
  all.time_index.resize(kept);
  all.uvw_m.truncate(kept);
  all.visibilities.truncate(kept);
  all.weights.truncate(kept);
}

/// Empty arrays for all rows.
StokesVisibilities make_arrays(const std::vector<double>& freq_hz, const std::vector<double>& channel_width_hz,
                               ChannelRange channels, std::size_t n_rows) {
  const auto part = [&](const std::vector<double>& values) {
    return std::vector<double>(values.begin() + static_cast<std::ptrdiff_t>(channels.first),
                               values.begin() + static_cast<std::ptrdiff_t>(channels.end));
  };
  StokesVisibilities data;
  data.freq_hz = part(freq_hz);
  data.channel_width_hz = part(channel_width_hz);
  data.uvw_m = NdArray<Vec3, 1>({n_rows});
  data.visibilities = NdArray<std::complex<float>, 2>({n_rows, channels.size()});
  data.weights = NdArray<float, 2>({n_rows, channels.size()});
  return data;
}

void check(ChannelRange channels, std::size_t n_channels) {
  if (channels.first < channels.end && channels.end <= n_channels) return;
  throw Error(code::kInvalidArgument, "Expected a range of the " + std::to_string(n_channels) +
                                          " channels of the data but received " + std::to_string(channels.first) +
                                          " to " + std::to_string(channels.end));
}

}  // namespace

StokesVisibilities gather_stokes(VisibilitySource& source, Stokes stokes, ChannelRange channels,
                                 const Direction& phase_center, unsigned threads, const JobContext& context) {
  const Observation& observation = source.observation();
  const StokesPair pair = stokes_pair(observation.polarizations, stokes);
  check(channels, observation.n_channels());
  const Rephasing rephasing = plan_rephase(observation, phase_center);
  std::vector<std::size_t> row_of(observation.n_rows(), kAutocorrelation);
  std::vector<std::uint32_t> time_index;
  for (std::size_t row = 0; row < observation.n_rows(); ++row) {
    if (observation.antenna1[row] == observation.antenna2[row]) continue;
    row_of[row] = time_index.size();
    time_index.push_back(observation.time_index[row]);
  }
  StokesVisibilities all = make_arrays(observation.freq_hz, observation.channel_width_hz, channels, time_index.size());
  all.time_index = std::move(time_index);
  for (std::size_t row = 0; row < observation.n_rows(); ++row)
    if (row_of[row] != kAutocorrelation) all.uvw_m(row_of[row]) = rephasing.uvw_m[row];

  source.read(
      [&](VisibilityBlock& block) {
        constexpr std::size_t kRows = 256;  // per task: some ms of work
        const std::size_t rows = block.visibilities.shape(0);
        parallel_for((rows + kRows - 1) / kRows, threads, [&](std::size_t task) {
          VisibilityBlock part = slice(block, task * kRows, std::min(rows, (task + 1) * kRows));
          rephase(part, rephasing, observation.freq_hz);
          store(part, pair, channels, row_of, all);
        });
      },
      context);
  drop_empty_rows(all);
  if (all.time_index.empty())
    throw Error(code::kNoValidData, "Expected visibilities to image, but all " + std::to_string(observation.n_rows()) +
                                        " rows are flagged, of weight 0, not finite or autocorrelations");
  return all;
}

StokesVisibilities channels_of(const StokesVisibilities& data, ChannelRange channels) {
  check(channels, data.freq_hz.size());
  StokesVisibilities part = make_arrays(data.freq_hz, data.channel_width_hz, channels, data.time_index.size());
  part.time_index = data.time_index;
  std::copy(data.uvw_m.begin(), data.uvw_m.end(), part.uvw_m.begin());
  for (std::size_t row = 0; row < data.time_index.size(); ++row) {
    std::copy_n(&data.visibilities(row, channels.first), channels.size(), &part.visibilities(row, 0));
    std::copy_n(&data.weights(row, channels.first), channels.size(), &part.weights(row, 0));
  }
  drop_empty_rows(part);
  return part;
}

std::vector<std::size_t> sample_rows(std::size_t n_rows, std::size_t n_wanted) {
  const double part = static_cast<double>(n_wanted) / static_cast<double>(n_rows);
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < n_rows; ++row) {
    const std::uint64_t place = row * 0x9E3779B97F4A7C15ull;  // modulo 1, in units of 2^-64
    if (std::ldexp(static_cast<double>(place), -64) < part) rows.push_back(row);
  }
  return rows;
}

}  // namespace contimg::imaging
