#include "ms/caltable_rows.h"

#include <casacore/tables/Tables/ScalarColumn.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "ms/caltable_windows.h"

namespace contimg::ms {
namespace {

constexpr int kNoReference = -1;  // what CASA writes where no reference antenna was given, and into every K table
constexpr double kSameTime_s = 1e-3;
constexpr double kLargestSpread_s = 1;  // by which times may be off when they are interpolated between

/// How far apart the times of one interval may be. Where no window has two times, all rows are of one: its windows'
/// solutions hold at any time anyhow.
double interval_spread_s(const CaltableRows& rows) {
  std::map<int, std::vector<double>> of_window;
  for (std::size_t row = 0; row < rows.time.size(); ++row) of_window[rows.window[row]].push_back(rows.time[row]);
  double least = std::numeric_limits<double>::infinity();
  for (auto& [window, times] : of_window) {
    std::sort(times.begin(), times.end());
    for (std::size_t i = 1; i < times.size(); ++i)
      if (times[i] - times[i - 1] >= kSameTime_s) least = std::min(least, times[i] - times[i - 1]);
  }
  return std::isfinite(least) ? std::min(kLargestSpread_s, 0.5 * least) : least;
}

}  // namespace

CaltableRows read_caltable_rows(const casacore::Table& table, std::size_t n_antennas, std::size_t n_windows,
                                const std::string& path) {
  const auto column = [&](const char* name, auto zero) {
    using T = decltype(zero);
    return casacore::ScalarColumn<T>(table, name).getColumn().tovector();
  };
  CaltableRows rows{column("TIME", 0.0), column("INTERVAL", 0.0), column("SPECTRAL_WINDOW_ID", 0),
                    column("ANTENNA1", 0), column("ANTENNA2", 0)};
  const auto require_index = [&](const std::vector<int>& values, int least, std::size_t n, const char* name) {
    for (const int value : values)
      if (value < least || value >= static_cast<int>(n))
        refuse_caltable(path, std::string("Expected ") + name + " from " + std::to_string(least) + " to " +
                                  std::to_string(n - 1) + " but it is " + std::to_string(value));
  };
  require_index(rows.window, 0, n_windows, "SPECTRAL_WINDOW_ID");
  require_index(rows.antenna, 0, n_antennas, "ANTENNA1");
  require_index(rows.reference, kNoReference, n_antennas, "ANTENNA2, the reference antenna,");
  for (const double time : rows.time)
    if (!std::isfinite(time) || !(time > 0))
      refuse_caltable(path, "Expected TIME in MJD seconds but it is not above 0");
  return rows;
}

std::optional<std::size_t> only_reference(const CaltableRows& rows) {
  const int first = rows.reference.front();
  const auto same = [&](int one) { return one == first; };
  if (first == kNoReference || !std::all_of(rows.reference.begin(), rows.reference.end(), same)) return std::nullopt;
  return static_cast<std::size_t>(first);
}

std::vector<double> solution_times(const CaltableRows& rows) {
  std::vector<double> times = rows.time;
  std::sort(times.begin(), times.end());
  const double spread_s = interval_spread_s(rows);
  const auto same = [&](double a, double b) { return b - a < spread_s; };
  times.erase(std::unique(times.begin(), times.end(), same), times.end());
  return times;
}

}  // namespace contimg::ms
