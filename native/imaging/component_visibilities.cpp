// A direct sum over components, 64 of them at a time:
//
//   1. gains: g of each component for every integration and channel, from a table of the Airy pattern
//   2. rows: fringes span by span (core/fringe.h)
//
// Exact, and cheaper than subtract_gridded_components for up to some hundred components.
#include "imaging/component_visibilities.h"

#include <algorithm>

#include "core/fringe.h"
#include "core/parallel.h"
#include "imaging/component_fringe.h"
#include "imaging/component_gains.h"

namespace contimg::imaging {
namespace {

constexpr std::size_t kBatch = 64;  // components whose gains for one integration stay in the second-level cache
constexpr std::size_t kRowsPerTask = 64;

/// The components from `first` on, with gains (components, integrations, channels), subtracted from one row.
void subtract_from_row(const Component* components, std::size_t count, const TileResponse& response, const Vec3& uvw,
                       const float* gains, std::size_t stride, const std::vector<ChannelRun>& runs,
                       std::complex<float>* row) {
  const std::size_t n_channels = response.freq_hz.size();
  std::vector<float> re(n_channels, 0.0f), im(n_channels, 0.0f);
  for (std::size_t i = 0; i < count; ++i)
    add_fringe(gains + i * stride, fringe_path(components[i], response.aberration, uvw).path_s, runs, re.data(),
               im.data());
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
