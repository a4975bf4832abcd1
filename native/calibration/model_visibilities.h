#pragma once

#include <vector>

#include "calibration/sky_model.h"
#include "core/fringe.h"
#include "core/job_context.h"
#include "core/nd_array.h"

namespace contimg::calibration {

/// The visibilities of a sky model, by the measurement equation of docs/conventions.md section 2.
class ModelVisibilities {
 public:
  /// Integrations [first, end).
  struct Times {
    std::size_t first, end;
  };
  /// @throws Error{INVALID_ARGUMENT} a model without components
  /// Memory: 4 bytes per component, integration and channel. `observation` must outlive this.
  ModelVisibilities(const Observation& observation, const SkyModel& model, Times times, unsigned threads,
                    const JobContext& context);

  /// Stokes I, which is each parallel hand, of rows of one of these integrations.
  /// @param re, im  (rows.size(), channels), for the channels from `first_channel`; overwritten
  /// Exact but for single-precision rounding. Cost, measured on one core of a busy Xeon, per row and channel: a point
  /// 0.5 ns, a quarter of it for the phasors of antennas; a Gaussian 6 ns, with smearing 12 ns.
  void predict(const std::vector<std::size_t>& rows, std::size_t first_channel, NdView<float, 2> re,
               NdView<float, 2> im, unsigned threads) const;

 private:
  /// Where a component is in an integration, against the phase center: metres of a baseline to seconds of delay.
  struct Place {
    Vec3 delay_s_per_m, rate_per_m;  ///< and how fast that changes, per second
  };
  /// Channels that are predicted together.
  struct Channels {
    std::size_t first, count;
    std::vector<ChannelRun> runs;  ///< of them alone: counted from `first`
  };
  struct Rows;
  void fill_fluxes(std::size_t time);
  const Place& place(std::size_t time, std::size_t component) const {
    return places_[(time - first_time_) * model_.components.size() + component];
  }
  const float* fluxes_jy(std::size_t time, std::size_t component, std::size_t channel) const {
    return &fluxes_jy_(time - first_time_, component, channel);
  }
  bool is_factored(const SkyComponent& component) const { return !component.extended() && !model_.smearing; }
  void add_factored(const Rows& rows, const Channels& channels, const std::size_t* components, std::size_t count) const;
  void add_one_by_one(const Rows& rows, const Channels& channels) const;
  void attenuate(std::size_t row, const SkyComponent& component, const Place& place, const Vec3& baseline_m,
                 const Channels& channels, float* gains) const;

  const Observation& observation_;
  const SkyModel model_;
  const std::size_t first_time_;
  static constexpr std::size_t kNoRows = static_cast<std::size_t>(-1);
  std::vector<std::size_t> slot_;               ///< per antenna, into positions_m_
  std::vector<Vec3> positions_m_;               ///< of the antennas that have rows
  std::vector<std::size_t> factored_, others_;  ///< components
  std::vector<Place> places_;                   ///< (integrations, components)
  NdArray<float, 3> fluxes_jy_;                 ///< (integrations, components, channels): spectrum times primary beam
};

}  // namespace contimg::calibration
