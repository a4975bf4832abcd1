#include "calibration/gain_curves.h"

#include <algorithm>
#include <cmath>

#include "core/constants.h"
#include "core/error.h"

namespace contimg::calibration {
namespace {

/// Between two gains: amplitude linearly, phase along the shorter arc.
std::complex<double> between(std::complex<double> a, std::complex<double> b, double fraction) {
  const double amplitude = std::abs(a) + fraction * (std::abs(b) - std::abs(a));
  return std::polar(amplitude, std::arg(a) + fraction * std::arg(b * std::conj(a)));
}

std::size_t nearest_band(const Solutions& solutions, double freq_hz, std::size_t none) {
  const auto& centers = solutions.freq_hz;
  const auto after = std::lower_bound(centers.begin(), centers.end(), freq_hz);
  std::size_t best = none;
  for (auto it = after == centers.begin() ? after : after - 1; it != centers.end() && it <= after; ++it) {
    const auto band = static_cast<std::size_t>(it - centers.begin());
    // A hair more than half of the width: centers are doubles of some 1e9 Hz.
    const bool inside = std::abs(*it - freq_hz) <= 0.5 * solutions.width_hz[band] + 1;
    if (inside && (best == none || std::abs(*it - freq_hz) < std::abs(centers[best] - freq_hz))) best = band;
  }
  return best;
}

}  // namespace

GainCurves::GainCurves(const SolutionSet& solutions, const Observation& observation) : freq_hz_(observation.freq_hz) {
  for (const int code : observation.polarizations)
    if (code > -1 || code < -8)
      throw Error(code::kInvalidArgument, "Expected correlations of two feeds to calibrate, but the data hold Stokes " +
                                              std::to_string(code) + " (AIPS code)");
  for (const auto& one : solutions) {
    TermCurves term;
    const auto& known = one->antennas;
    for (const Antenna& antenna : observation.antennas) {
      const auto found =
          std::find_if(known.begin(), known.end(), [&](const Antenna& other) { return other.name == antenna.name; });
      term.antenna.push_back(found == known.end() ? kNone : static_cast<std::size_t>(found - known.begin()));
    }
    for (const double freq : freq_hz_) term.band.push_back(nearest_band(*one, freq, kNone));
    term.feed = {kNone, kNone};
    for (std::size_t f = 0; f < one->feeds.size(); ++f) term.feed[feeds_of(one->feeds[f]).first] = f;
    const auto none = [](const std::vector<std::size_t>& indices) {
      return std::all_of(indices.begin(), indices.end(), [](std::size_t index) { return index == kNone; });
    };
    if (none(term.antenna))
      throw Error(code::kInvalidArgument,
                  "Expected solutions for antennas of the observation, but none of its names is among them");
    if (none(term.band))
      throw Error(code::kInvalidArgument,
                  "Expected solutions for frequencies of the observation, but none of its channels is in their bands");
    term.solutions = one;
    terms_.push_back(std::move(term));
  }
}

bool GainCurves::TermCurves::at(double time_mjd_s, std::size_t of_antenna, std::size_t of_band, std::size_t of_feed,
                                std::complex<double>& value) const {
  const auto& times = solutions->time_mjd_s;
  const auto good = [&](std::size_t time) { return solutions->flags(time, of_antenna, of_band, of_feed) == 0; };
  const auto after = static_cast<std::size_t>(std::lower_bound(times.begin(), times.end(), time_mjd_s) - times.begin());
  std::size_t next = after, last = after;
  while (next < times.size() && !good(next)) ++next;
  while (last > 0 && !good(last - 1)) --last;
  const bool has_next = next<times.size(), has_last = last> 0;
  if (!has_next && !has_last) return false;
  const auto of = [&](std::size_t time) { return solutions->values(time, of_antenna, of_band, of_feed); };
  if (!has_next || !has_last) {
    value = has_next ? of(next) : of(last - 1);
    return true;
  }
  const double fraction = (time_mjd_s - times[last - 1]) / (times[next] - times[last - 1]);
  const std::complex<double> a = of(last - 1), b = of(next);
  value = solutions->term == Term::kDelay ? a + fraction * (b - a) : between(a, b, fraction);
  return true;
}

void GainCurves::multiply(const TermCurves& term, double time_mjd_s, std::size_t first_channel, std::size_t antenna,
                          std::size_t feed, NdView<std::complex<float>, 3> gains) const {
  const std::size_t of_antenna = term.antenna[antenna], of_feed = term.feed[feed];
  std::size_t known_band = kNone;
  std::complex<double> value = 0;
  bool has_value = false;
  for (std::size_t k = 0; k < gains.shape(1); ++k) {
    const std::size_t band = term.band[first_channel + k];
    if (of_antenna == kNone || of_feed == kNone || band == kNone) {
      gains(antenna, k, feed) = 0;
      continue;
    }
    if (band != known_band) has_value = term.at(time_mjd_s, of_antenna, band, of_feed, value);
    known_band = band;
    std::complex<double> gain = has_value ? value : 0;
    if (has_value && term.solutions->term == Term::kDelay) {
      const double offset_hz = freq_hz_[first_channel + k] - term.solutions->freq_hz[band];
      const double turns = value.real() * offset_hz + value.imag();
      gain = std::polar(1.0, 2 * kPi * (turns - std::floor(turns)));
    }
    gains(antenna, k, feed) *= std::complex<float>(gain);
  }
}

void GainCurves::fill(double time_mjd_s, std::size_t first_channel, NdView<std::complex<float>, 3> gains) const {
  std::fill(gains.begin(), gains.end(), std::complex<float>(1));
  for (const TermCurves& term : terms_)
    for (std::size_t antenna = 0; antenna < gains.shape(0); ++antenna)
      for (std::size_t feed = 0; feed < kFeeds; ++feed) multiply(term, time_mjd_s, first_channel, antenna, feed, gains);
}

}  // namespace contimg::calibration
