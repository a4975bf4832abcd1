#include "ms/write_plan.h"

#include "coordinates/tile_center.h"
#include "core/error.h"

namespace contimg::ms {
namespace {

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

}  // namespace

WritePlan plan_write(const Observation& observation, const WriteOptions& options) {
  WritePlan plan;
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
  return plan;
}

}  // namespace contimg::ms
