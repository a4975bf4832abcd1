#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "core/job_context.h"
#include "core/node_visibilities.h"
#include "core/observation.h"

namespace contimg {

/// Points on the sky as they are seen over consecutive integrations.
struct SeenPoints {
  std::size_t first_time = 0;             ///< integration of the observation
  std::vector<Vec3> centers;              ///< per integration: direction of its phase center, apparent, ITRF
  std::vector<std::vector<Vec3>> places;  ///< per integration and point: likewise
  /// What a point is there at some frequencies, Jy, through the beam.
  std::function<void(std::size_t time, std::size_t point, const double* freq_hz, std::size_t n, float* fluxes_jy)>
      fluxes;

  std::size_t n_points() const { return places.empty() ? 0 : places.front().size(); }
};

/// A prediction that is ready to be made, if it is worth what it takes.
class PlannedPrediction {
 public:
  virtual ~PlannedPrediction() = default;
  /// What it takes on one core, about.
  virtual double seconds() const = 0;
  /// Adds the visibilities of the points to all rows of `nodes`.
  virtual void add(NodeVisibilities& nodes, unsigned threads, const JobContext& context) const = 0;
};

/// Another way to predict than a sum, for very many points: one stage offers it to another, joined in bindings/.
class PointPredictor {
 public:
  virtual ~PointPredictor() = default;
  /// @param observation, points  outlive the plan
  /// @param nodes    whose rows and nodes are to be predicted
  /// @param epsilon  largest error, relative to the flux of all points
  /// @returns none where it cannot be as accurate
  virtual std::unique_ptr<PlannedPrediction> plan(const Observation& observation, const SeenPoints& points,
                                                  const NodeVisibilities& nodes, double epsilon,
                                                  unsigned threads) const = 0;
};

}  // namespace contimg
