#pragma once

#include <array>
#include <complex>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/nd_array.h"
#include "core/observation.h"

namespace contimg {

/// What is solved for; V_12 = g_1 conj(g_2) M_12 for each pair of like feeds, signs of docs/conventions.md section 2.
enum class Term {
  kDelay,     ///< g = exp(2 pi i (tau (nu - nu_0) + phase)), nu_0 the center of the band; the phase of ours is 0
  kBandpass,  ///< one g per channel
  kGain,      ///< one g per band
};

/// Why there is no solution.
enum class SolutionFlag : std::uint8_t {
  kGood = 0,
  kNoData = 1,        ///< no unflagged visibility that was selected
  kFewBaselines = 2,  ///< less than SolveOptions::min_baselines
  kLowSnr = 3,
  kNotConverged = 4,
  kNoReference = 5,  ///< the reference antenna has no solution there, so that no phase is known
  kDead = 6,         ///< the antenna has no solution in most places where it has data: what is left there is chance
  kTable = 7,        ///< flagged in a table that was read
};

/// Of what there are solutions.
struct SolutionAxes {
  Term term = Term::kGain;
  bool phase_only = false;
  std::vector<Antenna> antennas;  ///< every antenna of the telescope
  std::string telescope_name;
  Direction phase_center;                   ///< in the middle of the observation, ICRS
  std::vector<std::string> history;         ///< one line per thing done
  std::optional<std::size_t> reference;     ///< into antennas: its phase is 0; none: of a table that does not tell
  bool from_one_spw = false;                ///< those of one spectral window of a table of several, for all channels
  std::vector<int> feeds;                   ///< AIPS codes of the like-feed correlations: -5 XX, -6 YY, -1 RR, -2 LL
  std::vector<double> time_mjd_s;           ///< middle of each solution interval, ascending
  std::vector<double> interval_s;           ///< its length
  std::vector<double> freq_hz, width_hz;    ///< center and width of each band, ascending
  std::vector<std::size_t> spw_first_band;  ///< first band of each spectral window, ascending, starts with 0

  std::array<std::size_t, 4> shape() const {
    return {time_mjd_s.size(), antennas.size(), freq_hz.size(), feeds.size()};
  }
};

/// Solutions of one term, (times, antennas, bands, feeds).
struct Solutions : SolutionAxes {
  NdArray<std::complex<double>, 4> values;  ///< gains; of a delay tau in seconds + i phase in turns
  NdArray<float, 4> errors;                 ///< sigma of the real part, which is that of the imaginary part
  NdArray<float, 4> snr;
  NdArray<std::uint8_t, 4> flags;  ///< SolutionFlag

  Solutions() = default;
  /// Everything flagged as without data.
  explicit Solutions(SolutionAxes axes)
      : SolutionAxes(std::move(axes)), values(shape()), errors(shape()), snr(shape()), flags(shape()) {
    for (std::uint8_t& flag : flags) flag = static_cast<std::uint8_t>(SolutionFlag::kNoData);
  }
};

/// Solutions of several terms, in any order: their product is applied.
using SolutionSet = std::vector<std::shared_ptr<const Solutions>>;

/// Feeds of the two antennas that a correlation is of: 0 is X or R, 1 is Y or L. AIPS codes -1 to -8.
struct FeedPair {
  std::size_t first, second;
};
inline FeedPair feeds_of(int polarization) {
  switch (polarization) {
    case -1:
    case -5:
      return {0, 0};
    case -2:
    case -6:
      return {1, 1};
    case -3:
    case -7:
      return {0, 1};
    default:
      return {1, 0};
  }
}

}  // namespace contimg
