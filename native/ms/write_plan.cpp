#include "ms/write_plan.h"

#include <algorithm>
#include <complex>
#include <numeric>

#include "coordinates/tile_center.h"
#include "core/error.h"

namespace contimg::ms {
namespace {

std::size_t channels_of(const Observation& observation, std::size_t spw) {
  const auto& first = observation.spw_first_channel;
  return (spw + 1 < first.size() ? first[spw + 1] : observation.n_channels()) - first[spw];
}

void plan_fields(const Observation& observation, const std::optional<Field>& field, WritePlan& plan) {
  const std::size_t n_times = observation.time_mjd_s.size();
  if (field) {
    plan.rephasing = plan_rephase(observation, field->center);
    plan.fields.push_back(*field);
    plan.field_of_time.assign(n_times, 0);
    return;
  }
  plan.rephasing.uvw_m = observation.uvw_m;
  for (std::size_t t = 0; t < n_times; ++t) {
    plan.fields.push_back(
        {"meridian_icrs_t" + std::to_string(t), observation.phase_center[t], observation.time_mjd_s[t]});
    plan.field_of_time.push_back(static_cast<std::uint32_t>(t));
  }
}

}  // namespace

/// Tiles of a quarter of a subband's channels and 256 KiB of visibilities, also where all subbands share one window:
/// then each block of a subband fills whole tiles.
///
/// Measured with a full observation (1.75 million rows of 48 channels and 2 polarizations), CPU seconds of casacore to
/// read DATA from the page cache: all of it by rows, one channel of each window, one baseline.
///
///     channels x rows   rows   channel  baseline
///         48 x   86     1.31    2.78      0.11
///         48 x  340     1.37    1.10      0.11
///         48 x 1360     1.43    1.24      0.14
///         48 x 5440     1.28    1.00      0.32
///         24 x 1360     1.40    0.66      0.12
///         12 x 1360     1.30    0.28      0.08    taken
///         12 x 5440     1.34    0.48      0.25
///          6 x 2720     1.56    0.17      0.12
///
/// Writing costs the same CPU in all of them (+-5 %). In one window of 768 channels: 12 x 1360 2.4, 0.01, 0.07;
/// 768 x 85 2.5, 0.98, 0.12, and writing takes 1.5 GB of memory, because each block touches every tile.
TileShape plan_tile(const Observation& source) {
  constexpr std::size_t kTileBytes = 256 << 10, kPageBytes = 4096;
  std::size_t widest = 0;
  for (std::size_t spw = 0; spw < source.spw_first_channel.size(); ++spw)
    widest = std::max(widest, channels_of(source, spw));
  std::size_t channels = (widest + 3) / 4;
  while (widest % channels != 0) ++channels;
  const std::size_t row_bytes = channels * source.n_pols() * sizeof(std::complex<float>);
  std::size_t rows = std::max<std::size_t>(kTileBytes / row_bytes, 1);
  // Whole pages, so that no page is written twice.
  const std::size_t step = kPageBytes / std::gcd(kPageBytes, row_bytes);
  if (rows > step) rows -= rows % step;
  return {channels, rows};
}

std::size_t WritePlan::n_channels_of(std::size_t spw) const { return channels_of(observation, spw); }

bool WritePlan::windows_alike() const {
  for (std::size_t spw = 1; spw < n_windows(); ++spw)
    if (n_channels_of(spw) != n_channels_of(0)) return false;
  return true;
}

Field single_field(const Observation& observation, const WriteOptions& options) {
  return {options.center ? "center" : "tile_center", options.center ? *options.center : tile_center(observation),
          mid_time_mjd_s(observation)};
}

WritePlan plan_write(const Observation& observed, const Observation& written, const std::optional<Field>& field,
                     const WriteOptions& options) {
  WritePlan plan;
  plan.observation = written;
  Observation& observation = plan.observation;
  if (!options.telescope_name.empty()) observation.telescope_name = options.telescope_name;
  for (std::size_t t = 0; t < observed.time_mjd_s.size(); ++t)
    plan.integrations.push_back({observed.time_mjd_s[t], observed.integration_s[t], observed.pointing[t]});
  plan.averaged = options.averaging.has_value();
  plan.model_data = options.model_data;
  plan.corrected_data = options.corrected_data;
  plan.always_weight_spectrum = options.always_weight_spectrum;
  for (std::size_t row = 0; row < observation.n_rows(); ++row) {
    plan.rank.push_back(static_cast<std::uint32_t>(plan.kept.size()));
    if (options.autocorrelations || observation.antenna1[row] != observation.antenna2[row])
      plan.kept.push_back(static_cast<std::uint32_t>(row));
  }
  plan.rank.push_back(static_cast<std::uint32_t>(plan.kept.size()));
  if (plan.kept.empty() || observation.n_channels() == 0 || observation.n_pols() == 0)
    throw Error(code::kInvalidArgument,
                options.autocorrelations
                    ? "Expected an observation with at least one row, channel and polarization"
                    : "Expected an observation with at least one cross-correlation: autocorrelations are left out "
                      "unless asked for");
  plan_fields(observation, field, plan);
  if (options.one_window) observation.spw_first_channel = {0};
  plan.tile = plan_tile(written);
  plan.tile.rows = std::min(plan.tile.rows, plan.n_table_rows());
  return plan;
}

}  // namespace contimg::ms
