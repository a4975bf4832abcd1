#pragma once

#include <algorithm>
#include <array>
#include <complex>
#include <cstddef>
#include <vector>

#include "core/observation.h"
#include "core/solutions.h"

namespace contimg::calibration {

inline constexpr std::size_t kFeeds = 2;

/// Solutions of several terms as one gain per antenna, feed and channel of an observation, at any time.
///
/// Antennas go by name, channels by the band that holds their center. Between two solution times amplitude and phase
/// are interpolated linearly, the phase along the shorter arc; before the first and after the last the nearest holds.
/// Where a term has no solution for an antenna, feed and channel, flagged times are passed over.
class GainCurves {
 public:
  /// @throws Error{INVALID_ARGUMENT} an observation of which no antenna or no channel is among the solutions', or whose
  ///         polarizations are not correlations of two feeds
  GainCurves(const SolutionSet& solutions, const Observation& observation);

  /// The product over the terms; 0 where one has none.
  /// @param gains  (antennas, channels, kFeeds), for the channels from `first_channel`, overwritten
  void fill(double time_mjd_s, std::size_t first_channel, NdView<std::complex<float>, 3> gains) const;

  bool empty() const { return terms_.empty(); }
  /// Whether they are the same at all times.
  bool constant() const {
    return std::all_of(terms_.begin(), terms_.end(),
                       [](const TermCurves& term) { return term.solutions->time_mjd_s.size() == 1; });
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  struct TermCurves {
    std::shared_ptr<const Solutions> solutions;
    std::vector<std::size_t> antenna;      ///< per antenna of the observation, into the solutions', or kNone
    std::vector<std::size_t> band;         ///< per channel of the observation, likewise
    std::array<std::size_t, kFeeds> feed;  ///< likewise
    /// The value at a time. @returns false where there is none
    bool at(double time_mjd_s, std::size_t antenna, std::size_t band, std::size_t feed,
            std::complex<double>& value) const;
  };
  void multiply(const TermCurves& term, double time_mjd_s, std::size_t first_channel, std::size_t antenna,
                std::size_t feed, NdView<std::complex<float>, 3> gains) const;

  std::vector<TermCurves> terms_;
  std::vector<double> freq_hz_;
};

}  // namespace contimg::calibration
