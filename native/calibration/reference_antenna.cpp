#include "calibration/reference_antenna.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.h"

namespace contimg::calibration {

std::size_t named_reference(const std::vector<Antenna>& antennas, const std::string& name, const NormalSums& sums) {
  std::vector<bool> has_data(antennas.size(), false);
  const std::size_t per_baseline = sums.power.shape(2) * sums.power.shape(3);
  for (std::size_t t = 0; t < sums.power.shape(0); ++t)
    for (std::size_t b = 0; b < sums.baselines.size(); ++b) {
      const double* power = &sums.power(t, b, 0, 0);
      if (std::all_of(power, power + per_baseline, [](double value) { return !(value > 0); })) continue;
      has_data[sums.baselines[b].first] = has_data[sums.baselines[b].second] = true;
    }
  const auto at = std::find_if(antennas.begin(), antennas.end(), [&](const Antenna& a) { return a.name == name; });
  const auto found = static_cast<std::size_t>(at - antennas.begin());
  if (found < antennas.size() && has_data[found]) return found;
  std::string with_data;
  for (std::size_t a = 0; a < antennas.size(); ++a)
    if (has_data[a]) with_data += (with_data.empty() ? "" : ", ") + antennas[a].name;
  throw Error(code::kInvalidArgument, "Expected the name of an antenna with data as reference antenna but received " +
                                          name + (found < antennas.size() ? ", which has none" : "") +
                                          ". Those with data are: " + (with_data.empty() ? "none" : with_data));
}

std::size_t healthiest_antenna(const Solutions& s) {
  const auto [n_times, n_antennas, n_bands, n_feeds] = s.shape();
  std::size_t best = 0, most = 0;
  double highest = -1;
  for (std::size_t a = 0; a < n_antennas; ++a) {
    std::size_t good = 0;
    double snr = 0;
    for (std::size_t t = 0; t < n_times; ++t)
      for (std::size_t i = 0; i < n_bands * n_feeds; ++i)
        if ((&s.flags(t, a, 0, 0))[i] == 0) ++good, snr += (&s.snr(t, a, 0, 0))[i];
    if (good < most || (good == most && snr <= highest)) continue;
    best = a, most = good, highest = snr;
  }
  return best;
}

void refer_to(std::size_t reference, Solutions& s) {
  const auto [n_times, n_antennas, n_bands, n_feeds] = s.shape();
  s.reference = reference;
  for (std::size_t t = 0; t < n_times; ++t)
    for (std::size_t k = 0; k < n_bands; ++k)
      for (std::size_t f = 0; f < n_feeds; ++f) {
        const bool known = s.flags(t, reference, k, f) == 0;
        const std::complex<double> turn = known ? std::polar(1.0, -std::arg(s.values(t, reference, k, f))) : 1.0;
        for (std::size_t a = 0; a < n_antennas; ++a) {
          s.values(t, a, k, f) *= turn;
          if (!known && s.flags(t, a, k, f) == 0)
            s.flags(t, a, k, f) = static_cast<std::uint8_t>(SolutionFlag::kNoReference);
        }
      }
}

}  // namespace contimg::calibration
