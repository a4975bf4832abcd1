#include "ms/caltable_windows.h"

#include <casacore/tables/Tables/ArrayColumn.h>
#include <casacore/tables/Tables/ScalarColumn.h>
#include <casacore/tables/Tables/TableRecord.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <set>

#include "core/error.h"

namespace contimg::ms {
namespace {

using casacore::Table;
using Window = CaltableWindow;

/// Whether delays are against CHAN_FREQ, as in CASA since 5.3.0; before, and where the table does not tell, they are
/// against REF_FREQUENCY, mostly the edge of the window.
bool pivots_on_channel(const Table& table) {
  const auto& keywords = table.keywordSet();
  if (!keywords.isDefined("CASA_Version") || keywords.dataType("CASA_Version") != casacore::TpString) return false;
  std::array<int, 3> version{};
  std::sscanf(keywords.asString("CASA_Version").c_str(), "%d.%d.%d", &version[0], &version[1], &version[2]);
  return version >= std::array<int, 3>{5, 3, 0};
}

Window read_window(const casacore::Vector<double>& freq, const casacore::Vector<double>& width, bool one_band,
                   const std::string& path) {
  if (freq.size() == 0 || freq.size() != width.size())
    refuse_caltable(path, "Expected as many channel widths as frequencies in SPECTRAL_WINDOW");
  std::vector<std::size_t> order(freq.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (const std::size_t k : order)
    if (!(freq(k) > 0) || !std::isfinite(freq(k)) || !(std::abs(width(k)) > 0) || !std::isfinite(width(k)))
      refuse_caltable(path, "Expected frequencies and channel widths above 0 in SPECTRAL_WINDOW");
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return freq(a) < freq(b); });
  Window window;
  if (one_band) {
    const std::size_t first = order.front(), last = order.back();
    const double low = freq(first) - 0.5 * std::abs(width(first)), high = freq(last) + 0.5 * std::abs(width(last));
    window.freq_hz = {0.5 * (low + high)};
    window.width_hz = {high - low};
    window.channel = {0};
    return window;
  }
  for (const std::size_t k : order) {
    window.freq_hz.push_back(freq(k));
    window.width_hz.push_back(std::abs(width(k)));
    window.channel.push_back(k);
  }
  return window;
}

}  // namespace

void refuse_caltable(const std::string& path, const std::string& reason) {
  throw Error(code::kCalibrationTable, reason + ", in the calibration table " + path, path);
}

Table caltable_subtable(const Table& table, const char* name, const std::string& path) {
  if (!table.keywordSet().isDefined(name) || table.keywordSet().dataType(name) != casacore::TpTable)
    refuse_caltable(path, std::string("Expected a subtable ") + name + " but there is none");
  return table.keywordSet().asTable(name);
}

std::vector<Window> read_caltable_windows(const Table& table, Term term, const std::string& path) {
  const Table windows = caltable_subtable(table, "SPECTRAL_WINDOW", path);
  const casacore::ArrayColumn<double> freq(windows, "CHAN_FREQ"), width(windows, "CHAN_WIDTH");
  const casacore::ScalarColumn<double> reference(windows, "REF_FREQUENCY");
  if (windows.nrow() == 0) refuse_caltable(path, "Expected spectral windows but SPECTRAL_WINDOW has no rows");
  const bool on_channel = pivots_on_channel(table);
  std::vector<Window> result;
  for (casacore::rownr_t row = 0; row < windows.nrow(); ++row) {
    result.push_back(read_window(freq(row), width(row), term != Term::kBandpass, path));
    result.back().reference_hz = reference(row);
    result.back().pivot_hz = on_channel ? result.back().freq_hz.front() : reference(row);
  }
  return result;
}

std::vector<std::size_t> windows_in_order(const std::vector<int>& used, const std::vector<Window>& windows,
                                          const std::string& path) {
  const std::set<int> different(used.begin(), used.end());
  std::vector<std::size_t> order(different.begin(), different.end());
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return windows[a].freq_hz.front() < windows[b].freq_hz.front(); });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const Window &below = windows[order[i - 1]], &above = windows[order[i]];
    if (below.freq_hz.back() >= above.freq_hz.front())
      refuse_caltable(path, "Expected spectral windows that do not overlap but " + std::to_string(order[i - 1]) +
                                " and " + std::to_string(order[i]) + " do");
  }
  return order;
}

void hold_in_all(std::vector<Window>& windows, std::size_t window) {
  Window& held = windows[window];
  const double half_hz = 0.5 * held.width_hz.front();
  double low = held.reference_hz - half_hz, high = held.reference_hz + half_hz;
  for (const Window& one : windows) {
    low = std::min(low, one.freq_hz.front() - 0.5 * one.width_hz.front());
    high = std::max(high, one.freq_hz.back() + 0.5 * one.width_hz.back());
  }
  held.freq_hz = {0.5 * (low + high)};
  held.width_hz = {high - low};
}

}  // namespace contimg::ms
