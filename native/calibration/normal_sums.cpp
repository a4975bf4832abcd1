// Block by block: rows are shared out to threads by baseline, so that each sum has one writer and one order. Per row
// the sky model is predicted into the block's channels, multiplied with the prior gains of the row's antennas, and the
// products are added to the sums of the row's interval.
#include "calibration/normal_sums.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "calibration/gain_curves.h"
#include "calibration/model_visibilities.h"
#include "core/error.h"
#include "core/parallel.h"

namespace contimg::calibration {
namespace {

constexpr double kMostBytes = 8e9;
constexpr std::uint32_t kNoBaseline = static_cast<std::uint32_t>(-1);

class Accumulation {
 public:
  Accumulation(const Observation& observation, const SkyModel& model, const SolutionSet& prior,
               const SolutionGrid& grid, const std::vector<std::size_t>& pols, const SolveSelection& selection,
               unsigned threads, const JobContext& context)
      : o_(observation),
        model_(observation, model, threads, context),
        prior_(prior, observation),
        grid_(grid),
        pols_(pols),
        selection_(selection),
        n_tasks_(threads == 0 ? hardware_threads() : threads) {
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

  void add(const VisibilityBlock& block, const JobContext& context) {
    const auto channels = model_.channels(block.first_channel, block.visibilities.shape(1));
    const GainsOfTimes gains = prior_gains(block);
    parallel_for(n_tasks_, static_cast<unsigned>(n_tasks_), [&](std::size_t task) {
      std::vector<std::complex<float>> predicted(channels.count);
      for (std::size_t r = 0; r < block.visibilities.shape(0); ++r) {
        const std::uint32_t baseline = baseline_of_row_[block.first_row + r];
        if (baseline == kNoBaseline || baseline % n_tasks_ != task) continue;
        context.checkpoint();
        model_.predict(block.first_row + r, channels, predicted.data());
        add_row(block, r, baseline, predicted, gains);
      }
    });
  }

  NormalSums sums;

 private:
  /// Prior gains of the integrations of a block, (antennas, channels, feeds) each.
  using GainsOfTimes = std::map<std::uint32_t, NdArray<std::complex<float>, 3>>;

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

  GainsOfTimes prior_gains(const VisibilityBlock& block) const {
    GainsOfTimes result;
    if (prior_.empty()) return result;
    for (std::size_t r = 0; r < block.visibilities.shape(0); ++r) {
      const std::uint32_t time = o_.time_index[block.first_row + r];
      if (result.count(time)) continue;
      auto gains =
          NdArray<std::complex<float>, 3>::uninitialized({o_.antennas.size(), block.visibilities.shape(1), kFeeds});
      prior_.fill(o_.time_mjd_s[time], block.first_channel, gains.view());
      result.emplace(time, std::move(gains));
    }
    return result;
  }

  void add_row(const VisibilityBlock& block, std::size_t r, std::uint32_t baseline,
               const std::vector<std::complex<float>>& predicted, const GainsOfTimes& gains) {
    const std::size_t row = block.first_row + r, interval = grid_.interval_of_time[o_.time_index[row]];
    const auto [a, b] = sums.baselines[baseline];
    const double uv_s = std::hypot(o_.uvw_m[row].x, o_.uvw_m[row].y) / kSpeedOfLight;
    const NdArray<std::complex<float>, 3>* prior = gains.empty() ? nullptr : &gains.at(o_.time_index[row]);
    for (std::size_t k = 0; k < predicted.size(); ++k) {
      const std::size_t channel = block.first_channel + k;
      const double uv = uv_s * o_.freq_hz[channel];
      if (uv < selection_.min_uv_wavelengths || uv > selection_.max_uv_wavelengths) continue;
      for (std::size_t feed = 0; feed < pols_.size(); ++feed) {
        const float weight = block.weights(r, k, pols_[feed]);
        const std::complex<float> v = block.visibilities(r, k, pols_[feed]);
        if (block.flags(r, k, pols_[feed]) || !(weight > 0) || !std::isfinite(std::norm(v))) continue;
        std::complex<float> m = predicted[k];
        const std::size_t slot = feeds_of(o_.polarizations[pols_[feed]]).first;
        if (prior) m *= (*prior)(a, k, slot) * std::conj((*prior)(b, k, slot));
        const std::size_t band = grid_.band_of_channel[channel];
        const double w = weight, mr = m.real(), mi = m.imag();
        sums.correlation(interval, baseline, band, feed) +=
            std::complex<double>(w * (v.real() * mr + v.imag() * mi), w * (v.imag() * mr - v.real() * mi));
        sums.power(interval, baseline, band, feed) += w * (mr * mr + mi * mi);
      }
    }
  }

  const Observation& o_;
  const ModelVisibilities model_;
  const GainCurves prior_;
  const SolutionGrid& grid_;
  const std::vector<std::size_t>& pols_;
  const SolveSelection selection_;
  const std::size_t n_tasks_;
  std::vector<std::uint32_t> baseline_of_row_;
};

}  // namespace

NormalSums accumulate(VisibilitySource& source, const SkyModel& model, const SolutionSet& prior,
                      const SolutionGrid& grid, const std::vector<std::size_t>& pols, const SolveSelection& selection,
                      unsigned threads, const JobContext& context) {
  Accumulation accumulation(source.observation(), model, prior, grid, pols, selection, threads, context);
  source.read([&](VisibilityBlock& block) { accumulation.add(block, context); }, context);
  return std::move(accumulation.sums);
}

}  // namespace contimg::calibration
