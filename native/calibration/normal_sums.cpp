// Block by block, integration by integration: the sky model is predicted into the block's channels; then rows are
// shared out to threads by baseline, so that each sum has one writer and one order. Per row the model is multiplied
// with the prior gains of the row's antennas, and the products are added to the sums of the row's interval.
#include "calibration/normal_sums.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "calibration/gain_curves.h"
#include "calibration/model_visibilities.h"
#include "calibration/row_products.h"
#include "core/error.h"
#include "core/parallel.h"

namespace contimg::calibration {
namespace {

constexpr double kMostBytes = 8e9;
constexpr std::size_t kTasks = 64;
constexpr std::uint32_t kNoBaseline = static_cast<std::uint32_t>(-1);

class Accumulation {
 public:
  Accumulation(const Observation& observation, const SolutionSet& prior, const SolutionGrid& grid,
               const std::vector<std::size_t>& pols, const SolveSelection& selection, unsigned threads)
      : o_(observation),
        prior_(prior, observation),
        grid_(grid),
        pols_(pols),
        selection_(selection),
        threads_(threads) {
    number_baselines();
    const std::array<std::size_t, 4> shape{grid.n_intervals, sums.baselines.size(), grid.n_bands, pols.size()};
    double bytes = 24;
    for (const std::size_t extent : shape) bytes *= static_cast<double>(extent);
    if (bytes > kMostBytes)
      throw Error(code::kInvalidArgument, "Expected a solution that takes at most 8 GB of sums, but " +
                                              std::to_string(grid.n_intervals) + " intervals of " +
                                              std::to_string(grid.n_bands) + " bands take " +
                                              std::to_string(static_cast<int>(bytes / 1e9)) + " GB. Use longer ones");
    sums.correlation = NdArray<std::complex<double>, 4>(shape);
    sums.power = NdArray<double, 4>(shape);
  }

  /// Adds a block of integrations that the model has.
  void add(const VisibilityBlock& block, const ModelVisibilities& model, const JobContext& context) {
    const std::size_t n_rows = block.visibilities.shape(0);
    for (std::size_t begin = 0, end = 0; begin < n_rows; begin = end) {
      const auto time_of = [&](std::size_t row) { return o_.time_index[block.first_row + row]; };
      while (end < n_rows && time_of(end) == time_of(begin)) ++end;
      context.checkpoint();
      add_integration(block, begin, end, model);
    }
  }

  NormalSums sums;

 private:
  /// Rows of an integration, those of one baseline together, and where each task begins, and one more.
  struct TaskRows {
    std::vector<std::size_t> rows;  ///< of the observation
    std::array<std::size_t, kTasks + 1> first;
  };

  void number_baselines() {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> numbers;
    for (std::size_t row = 0; row < o_.n_rows(); ++row) {
      const std::uint32_t a = o_.antenna1[row], b = o_.antenna2[row];
      const double length = norm(o_.antennas[b].position_m - o_.antennas[a].position_m);
      const bool taken = a != b && length >= selection_.min_baseline_m && length <= selection_.max_baseline_m;
      if (taken && numbers.emplace(std::make_pair(a, b), static_cast<std::uint32_t>(numbers.size())).second)
        sums.baselines.emplace_back(a, b);
      baseline_of_row_.push_back(taken ? numbers.at({a, b}) : kNoBaseline);
    }
  }

  TaskRows rows_by_baseline(std::size_t first, std::size_t end) const {
    std::array<std::vector<std::size_t>, kTasks> of_task;
    for (std::size_t row = first; row < end; ++row)
      if (baseline_of_row_[row] != kNoBaseline)
        of_task[baseline_of_row_[row] * kTasks / sums.baselines.size()].push_back(row);
    TaskRows result;
    for (std::size_t task = 0; task < kTasks; ++task) {
      result.first[task] = result.rows.size();
      result.rows.insert(result.rows.end(), of_task[task].begin(), of_task[task].end());
    }
    result.first[kTasks] = result.rows.size();
    return result;
  }

  void add_integration(const VisibilityBlock& block, std::size_t begin, std::size_t end,
                       const ModelVisibilities& model) {
    const TaskRows tasks = rows_by_baseline(block.first_row + begin, block.first_row + end);
    if (tasks.rows.empty()) return;
    const std::size_t n_channels = block.visibilities.shape(1), n = n_channels * o_.n_pols();
    model_re_.resize(tasks.rows.size() * n_channels);
    model_im_.resize(model_re_.size());
    const NdView<float, 2> re(model_re_.data(), {tasks.rows.size(), n_channels}), im(model_im_.data(), re.shape());
    model.predict(tasks.rows, block.first_channel, re, im, threads_);
    if (!prior_.empty()) set_prior(o_.time_index[tasks.rows.front()], block.first_channel, n_channels);
    parallel_for(kTasks, threads_, [&](std::size_t task) {
      RowProducts products(n);
      for (std::size_t i = tasks.first[task]; i < tasks.first[task + 1]; ++i) {
        const std::size_t row = tasks.rows[i], r = row - block.first_row;
        const auto [first, last] = channels_in_range(row, block.first_channel, n_channels);
        products.set_data(&block.visibilities(r, 0, 0), &block.flags(r, 0, 0), &block.weights(r, 0, 0),
                          first * o_.n_pols(), last * o_.n_pols());
        products.set_model(&re(i, 0), &im(i, 0), o_.n_pols());
        const auto [a, b] = sums.baselines[baseline_of_row_[row]];
        if (!prior_.empty())
          products.apply(&prior_gains_(a, 0, 0), &prior_gains_(a, 1, 0), &prior_gains_(b, 0, 0),
                         &prior_gains_(b, 1, 0));
        products.multiply();
        add_products(row, products, block.first_channel, n_channels);
      }
    });
  }

  /// Prior gains of all antennas in an integration and a block's channels and polarizations.
  void set_prior(std::size_t time, std::size_t first_channel, std::size_t n_channels) {
    const std::size_t n_pols = o_.n_pols();
    const bool known = prior_gains_.shape(2) == n_channels * n_pols && prior_channel_ == first_channel;
    if (known && prior_.constant()) return;
    prior_channel_ = first_channel;
    auto gains = NdArray<std::complex<float>, 3>::uninitialized({o_.antennas.size(), n_channels, kFeeds});
    prior_.fill(o_.time_mjd_s[time], first_channel, gains.view());
    prior_gains_ = NdArray<float, 3>({o_.antennas.size(), 2, n_channels * n_pols});
    for (std::size_t a = 0; a < o_.antennas.size(); ++a)
      for (std::size_t k = 0; k < n_channels; ++k)
        for (const std::size_t p : pols_) {
          const std::complex<float> gain = gains(a, k, feeds_of(o_.polarizations[p]).first);
          prior_gains_(a, 0, k * n_pols + p) = gain.real();
          prior_gains_(a, 1, k * n_pols + p) = gain.imag();
        }
  }

  /// Channels of a block, of a row, whose (u, v) is within the selection: they ascend in frequency.
  std::pair<std::size_t, std::size_t> channels_in_range(std::size_t row, std::size_t first_channel,
                                                        std::size_t n_channels) const {
    const double uv_s = std::hypot(o_.uvw_m[row].x, o_.uvw_m[row].y) / kSpeedOfLight;
    const auto begin = o_.freq_hz.begin() + static_cast<std::ptrdiff_t>(first_channel);
    const auto end = begin + static_cast<std::ptrdiff_t>(n_channels);
    const auto low =
        std::partition_point(begin, end, [&](double hz) { return uv_s * hz < selection_.min_uv_wavelengths; });
    const auto high =
        std::partition_point(low, end, [&](double hz) { return uv_s * hz <= selection_.max_uv_wavelengths; });
    return {static_cast<std::size_t>(low - begin), static_cast<std::size_t>(high - begin)};
  }

  void add_products(std::size_t row, const RowProducts& products, std::size_t first_channel, std::size_t n_channels) {
    const std::size_t interval = grid_.interval_of_time[o_.time_index[row] - grid_.first_time],
                      baseline = baseline_of_row_[row];
    const std::size_t* band = grid_.band_of_channel.data() + first_channel;
    for (std::size_t k = 0, end = 0; k < n_channels; k = end) {
      while (end < n_channels && band[end] == band[k]) ++end;
      for (std::size_t feed = 0; feed < pols_.size(); ++feed) {
        double re = 0, im = 0, power = 0;
        for (std::size_t j = k * o_.n_pols() + pols_[feed]; j < end * o_.n_pols(); j += o_.n_pols())
          re += products.re()[j], im += products.im()[j], power += products.power()[j];
        sums.correlation(interval, baseline, band[k], feed) += std::complex<double>(re, im);
        sums.power(interval, baseline, band[k], feed) += power;
      }
    }
  }

  const Observation& o_;
  const GainCurves prior_;
  const SolutionGrid& grid_;
  const std::vector<std::size_t>& pols_;
  const SolveSelection selection_;
  const unsigned threads_;
  std::vector<std::uint32_t> baseline_of_row_;
  std::vector<float> model_re_, model_im_;  ///< (rows, channels) of an integration
  NdArray<float, 3> prior_gains_;           ///< (antennas, real and imaginary, channels and pols)
  std::size_t prior_channel_ = 0;           ///< first of them
};

}  // namespace

NormalSums accumulate(VisibilitySource& source, const SkyModel& model, const SolutionSet& prior,
                      const SolutionGrid& grid, const std::vector<std::size_t>& pols, const SolveSelection& selection,
                      const PredictionOptions& prediction, const JobContext& context) {
  const Observation& o = source.observation();
  Accumulation accumulation(o, prior, grid, pols, selection, prediction.threads);
  const auto done = [&](std::size_t time) {
    return static_cast<double>(time - grid.first_time) / static_cast<double>(grid.end_time - grid.first_time);
  };
  // As many integrations at a time as the model's visibilities fit in memory of.
  for (std::size_t time = grid.first_time, next; time < grid.end_time; time = next) {
    const ModelVisibilities seen(o, model, {time, grid.end_time}, prediction, context.part(done(time), 1));
    next = seen.times().end;
    source.read_rows(
        rows_of(o, seen.times()), [&](VisibilityBlock& block) { accumulation.add(block, seen, context); },
        context.part(seen.method() == Prediction::kChannels ? done(time) : (done(time) + done(next)) / 2, done(next)));
  }
  return std::move(accumulation.sums);
}

}  // namespace contimg::calibration
