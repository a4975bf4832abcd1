#pragma once

#include <complex>
#include <vector>

#include "calibration/sky_model.h"
#include "core/fringe.h"
#include "core/job_context.h"
#include "core/nd_array.h"

namespace contimg::calibration {

/// The visibilities of a sky model, by the measurement equation of docs/conventions.md section 2, row by row.
class ModelVisibilities {
 public:
  /// @throws Error{INVALID_ARGUMENT} a model without components
  /// Memory: 4 bytes per component, integration and channel. `observation` must outlive this.
  ModelVisibilities(const Observation& observation, const SkyModel& model, unsigned threads, const JobContext& context);

  /// Channels of a block.
  struct Channels {
    std::size_t first = 0, count = 0;
    std::vector<ChannelRun> runs;  ///< of them alone: counted from `first`
  };
  Channels channels(std::size_t first, std::size_t count) const;

  /// Stokes I of one row, which is each parallel hand, in `channels`.
  /// Exact but for single-precision rounding. Cost: some 0.5 ns per channel and point. Threads: safe.
  void predict(std::size_t row, const Channels& channels, std::complex<float>* out) const;

 private:
  /// Where a component is in an integration, against the phase center: metres of a baseline to seconds of delay.
  struct Place {
    Vec3 delay_s_per_m, rate_per_m;  ///< and how fast that changes, per second
  };
  void fill_fluxes(std::size_t time);
  void attenuate(std::size_t row, const SkyComponent& component, const Place& place, const Vec3& baseline_m,
                 const Channels& channels, float* gains) const;

  const Observation& observation_;
  const SkyModel model_;
  std::vector<Place> places_;    ///< (integrations, components)
  NdArray<float, 3> fluxes_jy_;  ///< (integrations, components, channels): spectrum times primary beam
};

}  // namespace contimg::calibration
