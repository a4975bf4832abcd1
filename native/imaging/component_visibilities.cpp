// A direct sum over components, 64 of them at a time:
//
//   1. gains: g of each component for every integration and channel, from a table of the Airy pattern
//   2. rows: the phase advances evenly from channel to channel, so a run of evenly spaced channels takes one exact
//      phasor per kSpan channels, times the powers of the phasor of one step, which are the same for all spans
//
// Exact, and cheaper than subtract_gridded_components for up to some hundred components.
#include "imaging/component_visibilities.h"

#include <algorithm>
#include <cmath>

#include "core/constants.h"
#include "core/parallel.h"
#include "core/simd.h"
#include "imaging/component_gains.h"

namespace contimg::imaging {
namespace {

constexpr std::size_t kBatch = 64;  // components whose gains for one integration stay in the second-level cache
constexpr std::size_t kSpan = 32;   // channels per exact phasor
constexpr std::size_t kRowsPerTask = 64;

/// Evenly spaced channels.
struct ChannelRun {
  std::size_t first, count;
  double freq_hz, step_hz;  // of the first channel, and between channels
};

std::vector<ChannelRun> runs_of(const std::vector<double>& freq_hz) {
  std::vector<ChannelRun> runs;
  for (std::size_t k = 0; k < freq_hz.size();) {
    ChannelRun run{k, 1, freq_hz[k], k + 1 < freq_hz.size() ? freq_hz[k + 1] - freq_hz[k] : 0};
    // 1 Hz off turns a baseline of 3 km by 1e-5 of a turn.
    while (k + run.count < freq_hz.size() &&
           std::abs(freq_hz[k + run.count] - run.freq_hz - static_cast<double>(run.count) * run.step_hz) < 1)
      ++run.count;
    runs.push_back(run);
    k += run.count;
  }
  return runs;
}

/// Adds gain * exp(2 pi i nu path) to (re, im), for one row and component.
CONTIMG_SIMD void add_fringe(const float* gains, double path_s, const std::vector<ChannelRun>& runs, float* re,
                             float* im) {
  for (const ChannelRun& run : runs) {
    float step_re[kSpan], step_im[kSpan];
    const double step_turns = run.step_hz * path_s, step = 2 * kPi * (step_turns - std::floor(step_turns));
    const double c = std::cos(step), s = std::sin(step);
    double pr = 1, pi = 0;
    for (std::size_t j = 0; j < kSpan; ++j) {
      step_re[j] = static_cast<float>(pr);
      step_im[j] = static_cast<float>(pi);
      const double next = pr * c - pi * s;
      pi = pr * s + pi * c;
      pr = next;
    }
    for (std::size_t k = 0; k < run.count; k += kSpan) {
      const double turns = (run.freq_hz + static_cast<double>(k) * run.step_hz) * path_s;
      const double angle = 2 * kPi * (turns - std::floor(turns));
      const float br = static_cast<float>(std::cos(angle)), bi = static_cast<float>(std::sin(angle));
      const std::size_t count = std::min(kSpan, run.count - k), at = run.first + k;
      for (std::size_t j = 0; j < count; ++j) {
        re[at + j] += gains[at + j] * (br * step_re[j] - bi * step_im[j]);
        im[at + j] += gains[at + j] * (br * step_im[j] + bi * step_re[j]);
      }
    }
  }
}

/// The components from `first` on, with gains (components, integrations, channels), subtracted from one row.
void subtract_from_row(const Component* components, std::size_t count, const TileResponse& response, const Vec3& uvw,
                       const float* gains, std::size_t stride, const std::vector<ChannelRun>& runs,
                       std::complex<float>* row) {
  const std::size_t n_channels = response.freq_hz.size();
  std::vector<float> re(n_channels, 0.0f), im(n_channels, 0.0f);
  for (std::size_t i = 0; i < count; ++i) {
    const double l = components[i].l * response.aberration, m = components[i].m * response.aberration;
    const double r_squared = l * l + m * m;
    const double n_minus_1 = -r_squared / (1 + std::sqrt(std::max(0.0, 1 - r_squared)));
    const double path_s = -(uvw.x * l + uvw.y * m + uvw.z * n_minus_1) / kSpeedOfLight;
    add_fringe(gains + i * stride, path_s, runs, re.data(), im.data());
  }
  for (std::size_t k = 0; k < n_channels; ++k) row[k] -= std::complex<float>(re[k], im[k]);
}

}  // namespace

void subtract_components(const std::vector<Component>& components, const TileResponse& response,
                         NdView<const Vec3, 1> uvw_m, const std::vector<std::uint32_t>& time_index,
                         NdView<std::complex<float>, 2> visibilities, unsigned threads, const JobContext& context) {
  const std::size_t n_channels = response.freq_hz.size(), n_rows = visibilities.shape(0);
  const std::size_t stride = response.pointing.size() * n_channels;
  const auto runs = runs_of(response.freq_hz);
  const ComponentGains gains_of(response);
  std::vector<float> gains(std::min(kBatch, components.size()) * stride);
  for (std::size_t first = 0; first < components.size(); first += kBatch) {
    const std::size_t count = std::min(kBatch, components.size() - first);
    const Component* batch = &components[first];
    parallel_for(count, threads, [&](std::size_t i) { gains_of.fill(batch[i], &gains[i * stride]); });
    parallel_for((n_rows + kRowsPerTask - 1) / kRowsPerTask, threads, [&](std::size_t task) {
      context.checkpoint();
      for (std::size_t row = task * kRowsPerTask; row < std::min(n_rows, (task + 1) * kRowsPerTask); ++row)
        subtract_from_row(batch, count, response, uvw_m(row), &gains[time_index[row] * n_channels], stride, runs,
                          &visibilities(row, 0));
    });
  }
}

}  // namespace contimg::imaging
