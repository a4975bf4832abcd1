#pragma once

#include <cstddef>
#include <vector>

#include "calibration/sky_model.h"
#include "core/job_context.h"
#include "core/point_predictor.h"
#include "core/row_range.h"

namespace contimg::calibration {

/// Integrations [first, end).
struct TimeRange {
  std::size_t first, end;
  std::size_t size() const { return end - first; }
};

/// Rows of integrations, which are in ascending time.
RowRange rows_of(const Observation& observation, TimeRange times);

/// The components of a sky model as they are seen in some integrations.
class SeenSky {
 public:
  /// Where a component is, against the phase center: metres of a baseline to seconds of delay.
  struct Place {
    Vec3 delay_s_per_m, rate_per_m;  ///< and how fast that changes, per second
    double sin_from_pointing;        ///< of the angle from where the dishes look
    bool in_front;                   ///< of the dishes
  };

  /// @param observation  outlives this
  SeenSky(const Observation& observation, const SkyModel& model, TimeRange times, unsigned threads,
          const JobContext& context);

  const SkyModel& model() const { return model_; }
  std::size_t n_components() const { return model_.components.size(); }
  TimeRange times() const { return times_; }
  const Place& place(std::size_t time, std::size_t component) const {
    return places_[(time - times_.first) * n_components() + component];
  }

  /// The primary beam's response to a component, 1 on its axis, at some frequencies; each times what is there before.
  void apply_beam(std::size_t time, std::size_t component, const double* freq_hz, std::size_t n, float* fluxes) const;

  /// Some of the components, all of them points, for a PointPredictor; it refers to this.
  SeenPoints points(const std::vector<std::size_t>& components) const;

  /// The longest delay with which visibilities of a baseline wind from channel to channel, whatever makes them: places,
  /// extents, beam and spectra of components. Visibilities are band-limited by it.
  double longest_delay_s(std::size_t time, const Vec3& baseline_m) const;

 private:
  /// Of all components in an integration: how far they reach.
  struct Extent {
    Vec3 center;                   ///< ITRF
    double across = 0, along = 0;  ///< of the direction of the phase center, s per m of a baseline
    double beam_s = 0;             ///< by which the beam varies with frequency
  };
  void look(std::size_t time);

  const Observation& observation_;
  const SkyModel model_;
  const TimeRange times_;
  const double dish_m_;
  double spectrum_s_;            ///< as which a steep spectrum winds
  std::vector<Place> places_;    ///< (integrations, components)
  std::vector<Extent> extents_;  ///< per integration
};

}  // namespace contimg::calibration
