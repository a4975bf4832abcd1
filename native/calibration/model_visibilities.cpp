// A point winds from channel to channel by its delay, and the delays of all that is in a field are short on most
// baselines: some 16 to 100 frequencies, the nodes, hold what 768 channels of DSA-110 hold. Many components are summed
// at nodes, from which channels follow at the same cost whatever their number; few are summed channel by channel.
#include "calibration/model_visibilities.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/parallel.h"

namespace contimg::calibration {
namespace {

constexpr std::size_t kRowsPerTask = 128;
constexpr std::size_t kNodesPerTask = AntennaPhasors::kMostFrequencies;
constexpr std::size_t kMostNodes = 512000000 / (2 * sizeof(float));  // of all rows
constexpr double kNodeMisfit = 1e-6, kDegriddingEpsilon = 5e-5;

// Seconds on one core.
constexpr double kExpandSeconds = 1e-9;  // per row and channel
constexpr double kCutSeconds = 0.05;     // to find cuts of the band
constexpr double kPlanSeconds = 2;       // from which on looking for what is faster is worth it

const SkyModel& not_empty(const SkyModel& model) {
  if (model.components.empty())
    throw Error(code::kInvalidArgument, "Expected a sky model of at least one source but received none");
  return model;
}

bool are_equal(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(),
                     [&](double value) { return std::abs(value - values[0]) <= 1e-6 * values[0]; });
}

}  // namespace

ModelVisibilities::ModelVisibilities(const Observation& observation, const SkyModel& model, TimeRange times,
                                     const PredictionOptions& options, const JobContext& context)
    : observation_(observation),
      times_(times),
      sky_(observation, not_empty(model), times, options.threads, context),
      sum_(observation, sky_) {
  // Smearing by widths that differ is not smooth in frequency.
  const bool is_smooth = !model.smearing || are_equal(observation.channel_width_hz);
  if (is_smooth && options.method != Prediction::kChannels) lay_out_nodes(options.method);
  if (nodes_)
    fill_nodes(options, context);
  else
    channels_ = sum_.band(observation.freq_hz, observation.channel_width_hz);
}

void ModelVisibilities::lay_out_nodes(Prediction wanted) {
  const bool is_choice = wanted == Prediction::kCheapest;
  if (is_choice && seconds_of_channels() < kCutSeconds) return;
  cuts_ = std::make_unique<NodeVisibilities::Cuts>(observation_.freq_hz, kNodeMisfit);
  std::vector<std::uint32_t> cut_of_row = cuts_that_fit();
  share_cuts(cut_of_row);
  seconds_of_nodes_ = seconds_of_nodes(cut_of_row);
  if (is_choice && seconds_of_nodes_ > seconds_of_channels()) {
    times_.end = sky_.times().end;
    return;
  }
  method_ = Prediction::kNodes;
  nodes_ = std::make_unique<NodeVisibilities>(*cuts_, rows_of(observation_, times_).first, std::move(cut_of_row));
}

/// The cuts of fewest nodes, of rows of as many integrations as memory has nodes for.
std::vector<std::uint32_t> ModelVisibilities::cuts_that_fit() {
  const Observation& o = observation_;
  const RowRange rows = rows_of(o, times_);
  std::vector<std::uint32_t> cut_of_row;
  std::size_t n_nodes = 0;
  for (std::size_t row = rows.first; row < rows.end(); ++row) {
    const std::size_t time = o.time_index[row];
    const Vec3 baseline = o.antennas[o.antenna2[row]].position_m - o.antennas[o.antenna1[row]].position_m;
    cut_of_row.push_back(cuts_->fewest(sky_.longest_delay_s(time, baseline)));
    n_nodes += (*cuts_)[cut_of_row.back()].node_hz.size();
    if (n_nodes <= kMostNodes || time == times_.first) continue;
    times_.end = time;
    cut_of_row.resize(rows_of(o, times_).count);
    break;
  }
  return cut_of_row;
}

/// Gives rows the next larger cut that others have, where phasors for a cut of their own cost more than its nodes save.
void ModelVisibilities::share_cuts(std::vector<std::uint32_t>& cut_of_row) const {
  std::vector<double> n_rows(cuts_->size());
  std::vector<std::uint32_t> taken(cuts_->size());
  for (const std::uint32_t cut : cut_of_row) ++n_rows[cut];
  const auto next_of = [&](std::uint32_t cut) {
    do ++cut;
    while (cut < n_rows.size() && n_rows[cut] == 0);
    return cut;
  };
  for (std::uint32_t cut = 0; cut < n_rows.size(); ++cut) {
    taken[cut] = cut;
    const std::uint32_t next = next_of(cut);
    if (n_rows[cut] == 0 || next == n_rows.size() || (*cuts_)[next].is_whole()) continue;
    const std::size_t own = (*cuts_)[cut].node_hz.size(), others = (*cuts_)[next].node_hz.size();
    const double saved = n_rows[cut] * (sum_.seconds_per_row(others) - sum_.seconds_per_row(own));
    if (saved > static_cast<double>(times_.size()) * sum_.seconds_per_integration(own)) continue;
    n_rows[next] += n_rows[cut];
    taken[cut] = next;
  }
  for (std::uint32_t& cut : cut_of_row)
    while (taken[cut] != cut) cut = taken[cut];
}

double ModelVisibilities::seconds_of_channels() const {
  const std::size_t n_channels = observation_.n_channels();
  return static_cast<double>(rows_of(observation_, times_).count) * sum_.seconds_per_row(n_channels) +
         static_cast<double>(times_.size()) * sum_.seconds_per_integration(n_channels);
}

double ModelVisibilities::seconds_of_nodes(const std::vector<std::uint32_t>& cut_of_row) const {
  std::vector<double> n_rows_of_cut(cuts_->size());
  for (const std::uint32_t cut : cut_of_row) ++n_rows_of_cut[cut];
  double seconds = static_cast<double>(cut_of_row.size() * observation_.n_channels()) * kExpandSeconds;
  for (std::size_t cut = 0; cut < cuts_->size(); ++cut) {
    if (n_rows_of_cut[cut] == 0) continue;
    const std::size_t n_nodes = (*cuts_)[cut].node_hz.size();
    seconds += n_rows_of_cut[cut] * sum_.seconds_per_row(n_nodes) +
               static_cast<double>(times_.size()) * sum_.seconds_per_integration(n_nodes);
  }
  return seconds;
}

void ModelVisibilities::fill_nodes(const PredictionOptions& options, const JobContext& context) {
  const double taken = 0.5 * static_cast<double>(times_.size()) / static_cast<double>(sky_.times().size());
  if (degrid_points(options, context.part(0, taken))) {
    method_ = Prediction::kDegridding;
    sum_.leave_out_points();
    if (sum_.is_empty()) return;
  }
  std::vector<SumBand> bands;
  const double width_hz = observation_.channel_width_hz.front();
  for (std::size_t cut = 0; cut < cuts_->size(); ++cut) {
    const std::vector<double>& node_hz = (*cuts_)[cut].node_hz;
    bands.push_back(sum_.band(node_hz, std::vector<double>(node_hz.size(), width_hz)));
  }
  for (std::size_t time = times_.first; time < times_.end; ++time) {
    context.checkpoint(taken * static_cast<double>(time - times_.first) / static_cast<double>(times_.size()));
    fill_nodes_of(time, bands, options.threads);
  }
}

bool ModelVisibilities::degrid_points(const PredictionOptions& options, const JobContext& context) {
  const bool is_wanted = options.method == Prediction::kDegridding;
  const bool may_pay = options.method == Prediction::kCheapest && seconds_of_nodes_ > kPlanSeconds;
  if (!options.many || sum_.points().empty() || !(is_wanted || may_pay)) return false;
  SeenPoints points = sky_.points(sum_.points());
  points.places.resize(times_.size());
  points.centers.resize(times_.size());
  const auto planned = options.many->plan(observation_, points, *nodes_, kDegriddingEpsilon, options.threads);
  if (!planned || !(is_wanted || planned->seconds() < seconds_of_nodes_)) return false;
  planned->add(*nodes_, options.threads, context);
  return true;
}

void ModelVisibilities::fill_nodes_of(std::size_t time, const std::vector<SumBand>& bands, unsigned threads) {
  struct Task {
    std::size_t cut, first;
  };
  std::vector<std::vector<SumRow>> rows(bands.size());
  const RowRange range = rows_of(observation_, {time, time + 1});
  for (std::size_t row = range.first; row < range.end(); ++row)
    rows[nodes_->cut_of(row)].push_back({row, nodes_->re(row), nodes_->im(row)});
  std::vector<Task> tasks;
  for (std::size_t cut = 0; cut < bands.size(); ++cut)
    for (std::size_t first = 0; !rows[cut].empty() && first < bands[cut].freq_hz.size(); first += kNodesPerTask)
      tasks.push_back({cut, first});
  parallel_for(tasks.size(), threads, [&](std::size_t i) {
    const auto [cut, first] = tasks[i];
    std::vector<SumRow> part = rows[cut];
    for (SumRow& row : part) row.re += first, row.im += first;
    const std::size_t count = std::min(kNodesPerTask, bands[cut].freq_hz.size() - first);
    sum_.add(time, part, bands[cut], first, count, 1);
  });
}

void ModelVisibilities::predict(const std::vector<std::size_t>& rows, std::size_t first_channel, NdView<float, 2> re,
                                NdView<float, 2> im, unsigned threads) const {
  const std::size_t n_channels = re.shape(1);
  if (rows.empty()) return;
  if (nodes_) {
    parallel_for((rows.size() + kRowsPerTask - 1) / kRowsPerTask, threads, [&](std::size_t task) {
      for (std::size_t i = task * kRowsPerTask; i < std::min(rows.size(), (task + 1) * kRowsPerTask); ++i)
        nodes_->expand(rows[i], first_channel, n_channels, &re(i, 0), &im(i, 0));
    });
    return;
  }
  std::fill(re.begin(), re.end(), 0.0f);
  std::fill(im.begin(), im.end(), 0.0f);
  std::vector<SumRow> targets;
  for (std::size_t i = 0; i < rows.size(); ++i) targets.push_back({rows[i], &re(i, 0), &im(i, 0)});
  sum_.add(observation_.time_index[rows.front()], targets, channels_, first_channel, n_channels, threads);
}

}  // namespace contimg::calibration
