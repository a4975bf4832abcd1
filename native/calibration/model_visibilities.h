#pragma once

#include <memory>
#include <vector>

#include "calibration/direct_sum.h"
#include "calibration/seen_sky.h"
#include "calibration/sky_model.h"
#include "core/job_context.h"
#include "core/nd_array.h"
#include "core/node_visibilities.h"
#include "core/point_predictor.h"

namespace contimg::calibration {

/// How visibilities of a sky model are predicted.
enum class Prediction {
  kCheapest,    ///< of the others
  kChannels,    ///< as a sum over components at every channel, when they are asked for
  kNodes,       ///< as sums over components at few frequencies per row, all at once
  kDegridding,  ///< likewise, but points by PredictionOptions::many
};

struct PredictionOptions {
  Prediction method = Prediction::kCheapest;  ///< where it cannot be done, the one before in the list is taken
  const PointPredictor* many = nullptr;       ///< for more points than a sum is good for
  unsigned threads = 0;
};

/// The visibilities of a sky model, by the measurement equation of docs/conventions.md section 2.
class ModelVisibilities {
 public:
  /// @param observation  outlives this
  /// @throws Error{INVALID_ARGUMENT} a model without components
  /// Of each integration that it takes it reports half the progress: the rest is for whoever asks for it.
  /// Memory: 80 bytes per component and integration; of nodes 512 MB, for which the last of `times` may be left out.
  ModelVisibilities(const Observation& observation, const SkyModel& model, TimeRange times,
                    const PredictionOptions& options, const JobContext& context);

  /// Integrations that can be predicted: all, or as many from the first on as memory holds.
  TimeRange times() const { return times_; }
  Prediction method() const { return method_; }

  /// Stokes I, which is each parallel hand, of rows of one of these integrations.
  /// @param re, im  (rows.size(), channels), for the channels from `first_channel`; overwritten
  /// Channels: exact but for single-precision rounding. Nodes: and to 1e-5 of the flux of all components, with
  /// degridding to 5e-5.
  void predict(const std::vector<std::size_t>& rows, std::size_t first_channel, NdView<float, 2> re,
               NdView<float, 2> im, unsigned threads) const;

 private:
  void lay_out_nodes(Prediction wanted);
  std::vector<std::uint32_t> cuts_that_fit();
  void share_cuts(std::vector<std::uint32_t>& cut_of_row) const;
  double seconds_of_channels() const;
  double seconds_of_nodes(const std::vector<std::uint32_t>& cut_of_row) const;
  void fill_nodes(const PredictionOptions& options, const JobContext& context);
  bool degrid_points(const PredictionOptions& options, const JobContext& context);
  void fill_nodes_of(std::size_t time, const std::vector<SumBand>& bands, unsigned threads);

  const Observation& observation_;
  TimeRange times_;
  Prediction method_ = Prediction::kChannels;
  SeenSky sky_;
  DirectSum sum_;
  SumBand channels_;                              ///< of all channels; of none where there are nodes
  std::unique_ptr<NodeVisibilities::Cuts> cuts_;  ///< only with nodes
  std::unique_ptr<NodeVisibilities> nodes_;
  double seconds_of_nodes_ = 0;  ///< on one core
};

}  // namespace contimg::calibration
