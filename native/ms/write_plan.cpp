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

void plan_fields(const Observation& observation, const WriteOptions& options, WritePlan& plan) {
  const std::size_t n_times = observation.time_mjd_s.size();
  if (options.fields == FieldLayout::kMeridian) {
    plan.rephasing.uvw_m = observation.uvw_m;
    for (std::size_t t = 0; t < n_times; ++t) {
      plan.fields.push_back(
          {"meridian_icrs_t" + std::to_string(t), observation.phase_center[t], observation.time_mjd_s[t]});
      plan.field_of_time.push_back(static_cast<std::uint32_t>(t));
    }
    return;
  }
  const Direction center = options.center ? *options.center : tile_center(observation);
  plan.rephasing = plan_rephase(observation, center);
  plan.fields.push_back({options.center ? "center" : "tile_center", center, mid_time_mjd_s(observation)});
  plan.field_of_time.assign(n_times, 0);
}

/// Tiles of about 1 MiB. TODO figures
TileShape plan_tile(const Observation& source, const WritePlan& plan) {
  constexpr std::size_t kTileBytes = 1 << 20, kPageBytes = 4096;
  std::size_t widest = 0;
  for (std::size_t spw = 0; spw < plan.n_windows(); ++spw) widest = std::max(widest, plan.n_channels_of(spw));
  // In one window as wide as what came as one: blocks of a subband then fill whole tiles.
  const std::size_t n_channels = std::min(widest, channels_of(source, 0));
  const std::size_t row_bytes = n_channels * source.n_pols() * sizeof(std::complex<float>);
  std::size_t rows = std::clamp<std::size_t>(kTileBytes / row_bytes, 1, plan.n_table_rows());
  // Whole pages, so that no page is written twice.
  const std::size_t step = kPageBytes / std::gcd(kPageBytes, row_bytes);
  if (rows > step) rows -= rows % step;
  return {n_channels, rows};
}

}  // namespace

std::size_t WritePlan::n_channels_of(std::size_t spw) const { return channels_of(observation, spw); }

bool WritePlan::windows_alike() const {
  for (std::size_t spw = 1; spw < n_windows(); ++spw)
    if (n_channels_of(spw) != n_channels_of(0)) return false;
  return true;
}

WritePlan plan_write(const Observation& observation, const WriteOptions& options) {
  WritePlan plan;
  plan.observation = observation;
  if (options.one_window) plan.observation.spw_first_channel = {0};
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
  plan_fields(observation, options, plan);
  plan.tile = plan_tile(observation, plan);
  return plan;
}

}  // namespace contimg::ms
