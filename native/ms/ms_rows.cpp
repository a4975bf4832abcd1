#include "ms/ms_rows.h"

#include <casacore/tables/Tables/ArrayColumn.h>
#include <casacore/tables/Tables/ScalarColumn.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/error.h"
#include "ms/ms_table.h"

namespace contimg::ms {
namespace {

using casacore::Table;
using casacore::Vector;

[[noreturn]] void refuse(const std::string& path, const std::string& message) {
  throw Error(code::kMeasurementSet, message + " in " + path, path);
}

/// The columns that say which visibility a row holds.
struct Keys {
  Vector<double> time, interval;
  Vector<int> antenna1, antenna2, field, data_description;

  explicit Keys(const Table& ms)
      : time(casacore::ScalarColumn<double>(ms, "TIME").getColumn()),
        interval(casacore::ScalarColumn<double>(ms, "INTERVAL").getColumn()),
        antenna1(casacore::ScalarColumn<int>(ms, "ANTENNA1").getColumn()),
        antenna2(casacore::ScalarColumn<int>(ms, "ANTENNA2").getColumn()),
        field(casacore::ScalarColumn<int>(ms, "FIELD_ID").getColumn()),
        data_description(casacore::ScalarColumn<int>(ms, "DATA_DESC_ID").getColumn()) {}

  bool same(std::size_t a, std::size_t b) const {
    return time(a) == time(b) && antenna1(a) == antenna1(b) && antenna2(a) == antenna2(b) && field(a) == field(b);
  }
};

void require_sane(const Keys& keys, std::size_t n_antennas, const std::string& path) {
  for (std::size_t row = 0; row < keys.time.size(); ++row) {
    const auto is_antenna = [&](int index) { return index >= 0 && static_cast<std::size_t>(index) < n_antennas; };
    if (!is_antenna(keys.antenna1(row)) || !is_antenna(keys.antenna2(row)))
      refuse(path, "Expected ANTENNA1 and ANTENNA2 to be rows of ANTENNA, which has " + std::to_string(n_antennas) +
                       ", but row " + std::to_string(row) + " has " + std::to_string(keys.antenna1(row)) + " and " +
                       std::to_string(keys.antenna2(row)));
    if (!std::isfinite(keys.time(row)) || keys.field(row) < 0)
      refuse(path, "Expected a finite TIME and a FIELD_ID of 0 or more but row " + std::to_string(row) + " has " +
                       std::to_string(keys.time(row)) + " and " + std::to_string(keys.field(row)));
  }
}

/// Main-table rows of each data description, in ascending time.
std::map<int, std::vector<std::uint32_t>> rows_by_description(const Keys& keys) {
  std::map<int, std::vector<std::uint32_t>> result;
  for (std::size_t row = 0; row < keys.time.size(); ++row)
    result[keys.data_description(row)].push_back(static_cast<std::uint32_t>(row));
  const auto earlier = [&](std::uint32_t a, std::uint32_t b) { return keys.time(a) < keys.time(b); };
  for (auto& [description, rows] : result)
    if (!std::is_sorted(rows.begin(), rows.end(), earlier)) std::stable_sort(rows.begin(), rows.end(), earlier);
  return result;
}

/// The spectral windows and the polarization set-up behind the data descriptions, windows in ascending frequency.
void assign_windows(const Table& ms, const std::string& path, std::map<int, std::vector<std::uint32_t>> by_description,
                    MsRows& rows) {
  const Table descriptions = open_subtable(ms, "DATA_DESCRIPTION");
  const auto windows = casacore::ScalarColumn<int>(descriptions, "SPECTRAL_WINDOW_ID").getColumn();
  const auto polarizations = casacore::ScalarColumn<int>(descriptions, "POLARIZATION_ID").getColumn();
  const Table spectral_windows = open_subtable(ms, "SPECTRAL_WINDOW");
  const casacore::ArrayColumn<double> frequencies(spectral_windows, "CHAN_FREQ");
  const auto n_polarizations = open_subtable(ms, "POLARIZATION").nrow();

  std::map<double, std::pair<std::size_t, int>> by_frequency;  // -> spectral window, data description
  int polarization = -1;
  for (const auto& [description, members] : by_description) {
    if (description < 0 || static_cast<std::size_t>(description) >= windows.size() || windows(description) < 0 ||
        static_cast<casacore::rownr_t>(windows(description)) >= spectral_windows.nrow())
      refuse(path, "Expected DATA_DESC_ID to name a spectral window but found " + std::to_string(description));
    if (polarization >= 0 && polarizations(description) != polarization)
      refuse(path, "Expected one polarization set-up for all spectral windows but found several");
    polarization = polarizations(description);
    if (polarization < 0 || static_cast<casacore::rownr_t>(polarization) >= n_polarizations)
      refuse(path, "Expected POLARIZATION_ID to be a row of POLARIZATION but found " + std::to_string(polarization));
    const auto channels = frequencies(windows(description)).tovector();
    const double first = channels.empty() ? 0 : channels.front();
    if (!by_frequency.emplace(first, std::pair(windows(description), description)).second)
      refuse(path, "Expected spectral windows that do not overlap but two start at " + std::to_string(first) + " Hz");
  }
  rows.polarization_id = static_cast<std::size_t>(polarization);
  for (const auto& [first, window] : by_frequency) {
    rows.spectral_windows.push_back(window.first);
    rows.of_spw.push_back(std::move(by_description[window.second]));
  }
}

void require_same_rows(const Keys& keys, const MsRows& rows, const std::string& path) {
  const auto& first = rows.of_spw.front();
  for (const auto& other : rows.of_spw) {
    const bool same = other.size() == first.size() && std::equal(first.begin(), first.end(), other.begin(),
                                                                 [&](auto a, auto b) { return keys.same(a, b); });
    if (!same) refuse(path, "Expected every spectral window to have the same times and baselines in the same order");
  }
}

void fill_observation(const Table& ms, const Keys& keys, const std::string& path, MsRows& rows,
                      Observation& observation) {
  const auto uvw = casacore::ArrayColumn<double>(ms, "UVW").getColumn();
  if (uvw.ndim() != 2 || uvw.shape()(0) != 3) refuse(path, "Expected three UVW coordinates in every row");
  const double* coordinates = uvw.data();
  for (std::uint32_t row : rows.of_spw.front()) {
    const auto field = static_cast<std::uint32_t>(keys.field(row));
    if (observation.time_mjd_s.empty() || observation.time_mjd_s.back() != keys.time(row)) {
      observation.time_mjd_s.push_back(keys.time(row));
      observation.integration_s.push_back(keys.interval(row));
      rows.field_of_time.push_back(field);
    } else if (rows.field_of_time.back() != field) {
      refuse(path, "Expected one field per integration but found two at TIME " + std::to_string(keys.time(row)));
    }
    observation.time_index.push_back(static_cast<std::uint32_t>(observation.time_mjd_s.size() - 1));
    observation.antenna1.push_back(static_cast<std::uint32_t>(keys.antenna1(row)));
    observation.antenna2.push_back(static_cast<std::uint32_t>(keys.antenna2(row)));
    observation.uvw_m.push_back({coordinates[3 * row], coordinates[3 * row + 1], coordinates[3 * row + 2]});
  }
}

}  // namespace

MsRows read_rows(const Table& ms, const std::string& path, Observation& observation) {
  if (ms.nrow() == 0) refuse(path, "Expected visibilities but the main table has no rows");
  if (ms.nrow() > std::numeric_limits<std::uint32_t>::max())
    refuse(path, "Expected fewer than 4294967296 rows but there are " + std::to_string(ms.nrow()));
  const Keys keys(ms);
  require_sane(keys, observation.antennas.size(), path);
  MsRows rows;
  assign_windows(ms, path, rows_by_description(keys), rows);
  require_same_rows(keys, rows, path);
  fill_observation(ms, keys, path, rows, observation);
  return rows;
}

}  // namespace contimg::ms
