// One reading accumulates the normal sums (normal_sums.h); each interval, band and feed is then a fit of its own
// (gain_fit.h), in parallel. The phases are turned to the reference antenna, a delay is fitted over channels
// (delay_fit.h), and what is not to be trusted is flagged.
#include "calibration/solve.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "calibration/delay_fit.h"
#include "calibration/gain_fit.h"
#include "calibration/reference_antenna.h"
#include "calibration/solution_grid.h"
#include "core/error.h"
#include "core/parallel.h"

namespace contimg::calibration {
namespace {

constexpr double kReadingShare = 0.8;     // of the progress
constexpr double kMostFailedShare = 0.5;  // an antenna without solutions in more of its places is dead
constexpr std::size_t kBandsPerTask = 4;  // neighbors in memory: what one fetches of all baselines serves the others
constexpr double kLeastDelaySnr = 7;      // the best of thousands of delays reaches 4 to 5 by chance

/// A delay shows in the gains of channels.
BandWidth solved_width(const SolveOptions& options) {
  if (options.term == Term::kBandpass || options.term == Term::kDelay) return BandWidth::kChannel;
  return options.combine_windows ? BandWidth::kAll : BandWidth::kSpectralWindow;
}

std::vector<std::size_t> like_feeds(const Observation& o) {
  std::vector<std::size_t> pols;
  for (std::size_t p = 0; p < o.n_pols(); ++p) {
    const int code = o.polarizations[p];
    if (code == -1 || code == -2 || code == -5 || code == -6) pols.push_back(p);
  }
  if (pols.empty())
    throw Error(code::kInvalidArgument, "Expected correlations of like feeds (XX, YY, RR or LL) to solve for gains");
  return pols;
}

/// Antennas that keep `min_baselines` baselines with one another, and why the others are out.
std::vector<std::uint32_t> usable_antennas(const NormalSums& sums, std::size_t interval, std::size_t band,
                                           std::size_t feed, std::size_t min_baselines,
                                           std::vector<std::uint8_t>& flags) {
  std::vector<bool> in(flags.size(), true);
  std::vector<std::size_t> count;
  for (bool first = true, changed = true; changed; first = false) {
    count.assign(flags.size(), 0);
    for (std::size_t b = 0; b < sums.baselines.size(); ++b) {
      const auto [i, j] = sums.baselines[b];
      if (in[i] && in[j] && sums.power(interval, b, band, feed) > 0) ++count[i], ++count[j];
    }
    changed = false;
    for (std::size_t a = 0; a < flags.size(); ++a) {
      if (!in[a] || count[a] >= std::max<std::size_t>(1, min_baselines)) continue;
      in[a] = false;
      changed = true;
      flags[a] =
          static_cast<std::uint8_t>(first && count[a] == 0 ? SolutionFlag::kNoData : SolutionFlag::kFewBaselines);
    }
  }
  std::vector<std::uint32_t> antennas;
  for (std::size_t a = 0; a < flags.size(); ++a)
    if (in[a]) antennas.push_back(static_cast<std::uint32_t>(a));
  return antennas;
}

/// Solves one interval, band and feed into `out`; SNR is not looked at yet.
void solve_one(const NormalSums& sums, std::size_t interval, std::size_t band, std::size_t feed,
               const SolveOptions& options, Solutions& out) {
  const std::size_t n_antennas = out.antennas.size();
  std::vector<std::uint8_t> flags(n_antennas, 0);
  const auto antennas = usable_antennas(sums, interval, band, feed, options.min_baselines, flags);
  for (std::size_t a = 0; a < n_antennas; ++a) out.flags(interval, a, band, feed) = flags[a];
  if (antennas.size() < 3) {  // amplitudes of two antennas cannot be told apart
    for (const std::uint32_t a : antennas)
      out.flags(interval, a, band, feed) = static_cast<std::uint8_t>(SolutionFlag::kFewBaselines);
    return;
  }
  std::vector<std::size_t> place(n_antennas, antennas.size());
  for (std::size_t i = 0; i < antennas.size(); ++i) place[antennas[i]] = i;
  GainProblem problem(antennas.size());
  for (std::size_t b = 0; b < sums.baselines.size(); ++b) {
    const std::size_t i = place[sums.baselines[b].first], j = place[sums.baselines[b].second];
    if (i < antennas.size() && j < antennas.size())
      problem.set(i, j, sums.correlation(interval, b, band, feed), sums.power(interval, b, band, feed));
  }
  GainFitOptions fit_options;
  fit_options.phase_only = options.phase_only;
  fit_options.robust = options.robust;
  const GainFit fit = fit_gains(problem, fit_options);
  for (std::size_t i = 0; i < antennas.size(); ++i) {
    const std::size_t a = antennas[i];
    out.values(interval, a, band, feed) = fit.gains[i];
    out.errors(interval, a, band, feed) = static_cast<float>(fit.sigma[i]);
    const double snr = fit.sigma[i] > 0 ? std::abs(fit.gains[i]) / fit.sigma[i] : 0;
    out.snr(interval, a, band, feed) = static_cast<float>(snr);
    if (!fit.converged) out.flags(interval, a, band, feed) = static_cast<std::uint8_t>(SolutionFlag::kNotConverged);
  }
}

void flag_low_snr(Solutions& s, double min_snr) {
  for (std::size_t i = 0; i < s.flags.size(); ++i)
    if (s.flags.data()[i] == 0 && !(s.snr.data()[i] >= min_snr))
      s.flags.data()[i] = static_cast<std::uint8_t>(SolutionFlag::kLowSnr);
}

/// An antenna that has noise alone passes an SNR limit now and then: flags the rest of one that mostly fails.
void flag_dead(Solutions& s) {
  const auto [n_times, n_antennas, n_bands, n_feeds] = s.shape();
  for (std::size_t a = 0; a < n_antennas; ++a)
    for (std::size_t f = 0; f < n_feeds; ++f) {
      std::size_t good = 0, low = 0;
      const auto visit = [&](const auto& body) {
        for (std::size_t t = 0; t < n_times; ++t)
          for (std::size_t k = 0; k < n_bands; ++k) body(s.flags(t, a, k, f));
      };
      visit([&](std::uint8_t flag) {
        good += flag == 0;
        low += flag == static_cast<std::uint8_t>(SolutionFlag::kLowSnr);
      });
      if (static_cast<double>(low) <= kMostFailedShare * static_cast<double>(good + low)) continue;
      visit([](std::uint8_t& flag) {
        if (flag == 0) flag = static_cast<std::uint8_t>(SolutionFlag::kDead);
      });
    }
}

/// Delays of every antenna from the gains of single channels, whose phases are against the reference antenna.
Solutions fit_delays(const Solutions& channels, const Observation& o, const SolveOptions& options) {
  const BandWidth width = options.combine_windows ? BandWidth::kAll : BandWidth::kSpectralWindow;
  const auto edges = band_edges(o, width);
  SolutionAxes axes = channels;
  set_bands(o, width, axes);
  Solutions delays(std::move(axes));
  const auto [n_times, n_antennas, n_bands, n_feeds] = delays.shape();
  parallel_for(n_times * n_antennas, options.threads,
               [&, n_antennas = n_antennas, n_bands = n_bands, n_feeds = n_feeds](std::size_t task) {
                 const std::size_t t = task / n_antennas, a = task % n_antennas;
                 for (std::size_t b = 0; b < n_bands; ++b)
                   for (std::size_t f = 0; f < n_feeds; ++f) {
                     std::vector<double> freq, sigma;
                     std::vector<std::complex<double>> gains;
                     for (std::size_t k = edges[b]; k < edges[b + 1]; ++k) {
                       freq.push_back(o.freq_hz[k]);
                       gains.push_back(channels.values(t, a, k, f));
                       sigma.push_back(channels.flags(t, a, k, f) == 0 ? channels.errors(t, a, k, f) : 0);
                     }
                     const DelayFit fit = fit_delay(freq, gains, sigma);
                     if (!(fit.sigma_s > 0)) continue;  // stays flagged: no data
                     delays.values(t, a, b, f) = fit.delay_s;
                     delays.errors(t, a, b, f) = static_cast<float>(fit.sigma_s);
                     delays.snr(t, a, b, f) = static_cast<float>(fit.snr);
                     delays.flags(t, a, b, f) = 0;
                   }
               });
  return delays;
}

}  // namespace

Solutions solve(VisibilitySource& source, const SkyModel& model, const SolveOptions& options,
                const JobContext& context) {
  const Observation& o = source.observation();
  if (o.time_mjd_s.empty() || o.n_channels() == 0)
    throw Error(code::kNoValidData, "Expected visibilities to calibrate on but the observation has none");
  SolutionAxes axes;
  axes.term = options.term;
  axes.phase_only = options.phase_only;
  axes.antennas = o.antennas;
  axes.telescope_name = o.telescope_name;
  axes.phase_center = o.phase_center[o.phase_center.size() / 2];
  axes.history = o.history;
  const auto pols = like_feeds(o);
  for (const std::size_t p : pols) axes.feeds.push_back(o.polarizations[p]);
  const bool is_delay = options.term == Term::kDelay;
  const SolveSelection& selection = options.selection;
  const SolutionGrid grid =
      solution_grid(o, solved_width(options), options.interval_s, selection.first_mjd_s, selection.last_mjd_s, axes);
  Solutions solutions(std::move(axes));

  const NormalSums sums =
      accumulate(source, model, options.prior, grid, pols, selection,
                 {Prediction::kCheapest, options.many_points, options.threads}, context.part(0, kReadingShare));
  std::optional<std::size_t> reference;
  if (!options.reference.empty()) reference = named_reference(solutions.antennas, options.reference, sums);
  const JobContext fitting = context.part(kReadingShare, 1);
  const std::size_t n_parts = (grid.n_bands + kBandsPerTask - 1) / kBandsPerTask;
  parallel_for(grid.n_intervals * n_parts, options.threads, [&](std::size_t task) {
    const std::size_t first = task % n_parts * kBandsPerTask, end = std::min(grid.n_bands, first + kBandsPerTask);
    for (std::size_t band = first; band < end; ++band)
      for (std::size_t feed = 0; feed < pols.size(); ++feed) {
        fitting.checkpoint();
        solve_one(sums, task / n_parts, band, feed, options, solutions);
      }
  });
  // A delay is fitted to many channels, which need not be good one by one.
  if (!is_delay) flag_low_snr(solutions, options.min_snr);
  flag_dead(solutions);
  refer_to(reference ? *reference : healthiest_antenna(solutions), solutions);
  if (is_delay) {
    solutions = fit_delays(solutions, o, options);
    flag_low_snr(solutions, std::max(options.min_snr, kLeastDelaySnr));
  }
  if (std::all_of(solutions.flags.begin(), solutions.flags.end(), [](std::uint8_t flag) { return flag != 0; })) {
    char limits[80];
    std::snprintf(limits, sizeof limits, "SNR of at least %g, from %zu baselines or more", options.min_snr,
                  options.min_baselines);
    throw Error(code::kNoValidData, std::string("Expected at least one solution with an ") + limits +
                                        ", but there is none: too little data, or too weak a source");
  }
  context.checkpoint(1);
  return solutions;
}

}  // namespace contimg::calibration
