#include "ms/ms_rows.h"

#include <casacore/tables/Tables/ArrayColumn.h>
#include <casacore/tables/Tables/ScalarColumn.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "core/error.h"
#include "ms/ms_table.h"

namespace contimg::ms {
namespace {

using casacore::Table;

template <typename T>
casacore::Vector<T> scalars(const Table& ms, const char* column) {
  return casacore::ScalarColumn<T>(ms, column).getColumn();
}

auto integration_of(const RowKeys& keys, std::uint32_t row) { return std::tuple(keys.time(row), keys.field(row)); }

auto key_of(const RowKeys& keys, std::uint32_t row) {
  return std::tuple(keys.time(row), keys.field(row), keys.antenna1(row), keys.antenna2(row));
}

bool all_alike(const RowKeys& keys, const WindowRows& windows) {
  const auto& first = windows.front();
  return std::all_of(windows.begin() + 1, windows.end(), [&](const auto& other) {
    return other.size() == first.size() && std::equal(first.begin(), first.end(), other.begin(), [&](auto a, auto b) {
             return key_of(keys, a) == key_of(keys, b);
           });
  });
}

/// Windows that differ in their rows, each sorted by key, on the union of the keys. A key that a window has several
/// times (beams, processors) is there as often as in the window that has it most.
WindowRows merged(const RowKeys& keys, const WindowRows& sorted) {
  WindowRows result(sorted.size());
  std::vector<std::size_t> next(sorted.size(), 0);
  for (;;) {
    const std::uint32_t* lowest = nullptr;
    for (std::size_t w = 0; w < sorted.size(); ++w)
      if (next[w] < sorted[w].size() && (!lowest || key_of(keys, sorted[w][next[w]]) < key_of(keys, *lowest)))
        lowest = &sorted[w][next[w]];
    if (!lowest) return result;
    const auto key = key_of(keys, *lowest);
    for (std::size_t w = 0; w < sorted.size(); ++w) {
      const bool has = next[w] < sorted[w].size() && key_of(keys, sorted[w][next[w]]) == key;
      result[w].push_back(has ? sorted[w][next[w]++] : kNoRow);
    }
  }
}

}  // namespace

RowKeys::RowKeys(const Table& ms, std::size_t n_antennas, const std::string& path)
    : time(scalars<double>(ms, "TIME")),
      interval(scalars<double>(ms, "INTERVAL")),
      antenna1(scalars<int>(ms, "ANTENNA1")),
      antenna2(scalars<int>(ms, "ANTENNA2")),
      field(scalars<int>(ms, "FIELD_ID")),
      data_description(scalars<int>(ms, "DATA_DESC_ID")) {
  if (time.size() == 0) refuse(path, "Expected visibilities but the main table has no rows");
  if (time.size() >= kNoRow)
    refuse(path, "Expected fewer than 4294967295 rows but there are " + std::to_string(time.size()));
  const auto is_antenna = [&](int index) { return index >= 0 && static_cast<std::size_t>(index) < n_antennas; };
  for (std::size_t row = 0; row < time.size(); ++row) {
    if (!is_antenna(antenna1(row)) || !is_antenna(antenna2(row)))
      refuse(path, "Expected ANTENNA1 and ANTENNA2 to be rows of ANTENNA, which has " + std::to_string(n_antennas) +
                       ", but row " + std::to_string(row) + " has " + std::to_string(antenna1(row)) + " and " +
                       std::to_string(antenna2(row)));
    if (!std::isfinite(time(row)) || field(row) < 0)
      refuse(path, "Expected a finite TIME and a FIELD_ID of 0 or more but row " + std::to_string(row) + " has " +
                       std::to_string(time(row)) + " and " + std::to_string(field(row)));
  }
}

std::vector<std::size_t> RowKeys::data_descriptions_in_use(const std::string& path) const {
  std::set<int> ids;
  int last = -1;
  for (int id : data_description)
    if (id != last) ids.insert(last = id);
  if (*ids.begin() < 0) refuse(path, "Expected DATA_DESC_ID of 0 or more but found " + std::to_string(*ids.begin()));
  return {ids.begin(), ids.end()};
}

WindowRows order_rows(const RowKeys& keys, const std::vector<char>& fields,
                      const std::vector<std::size_t>& data_descriptions, const std::string& path) {
  std::vector<std::size_t> window_of(*std::max_element(data_descriptions.begin(), data_descriptions.end()) + 1,
                                     data_descriptions.size());
  for (std::size_t w = 0; w < data_descriptions.size(); ++w) window_of[data_descriptions[w]] = w;
  WindowRows windows(data_descriptions.size());
  bool any = false;
  for (std::size_t row = 0; row < keys.time.size(); ++row) {
    const auto field = static_cast<std::size_t>(keys.field(row)),
               description = static_cast<std::size_t>(keys.data_description(row));
    if (field >= fields.size())
      refuse(path, "Expected FIELD_ID below " + std::to_string(fields.size()) + " but found " + std::to_string(field));
    if (!fields[field] || description >= window_of.size() || window_of[description] == windows.size()) continue;
    windows[window_of[description]].push_back(static_cast<std::uint32_t>(row));
    any = true;
  }
  if (!any) refuse(path, "Expected rows of the chosen fields and data descriptions but there are none");
  const auto earlier = [&](auto a, auto b) { return integration_of(keys, a) < integration_of(keys, b); };
  for (auto& rows : windows)
    if (!std::is_sorted(rows.begin(), rows.end(), earlier)) std::stable_sort(rows.begin(), rows.end(), earlier);
  if (all_alike(keys, windows)) return windows;
  for (auto& rows : windows)
    std::stable_sort(rows.begin(), rows.end(), [&](auto a, auto b) { return key_of(keys, a) < key_of(keys, b); });
  return merged(keys, windows);
}

std::vector<std::uint32_t> read_rows(const Table& ms, const RowKeys& keys, const WindowRows& rows,
                                     const std::string& path, Observation& observation) {
  const auto uvw = casacore::ArrayColumn<double>(ms, "UVW").getColumn();
  if (uvw.ndim() != 2 || uvw.shape()(0) != 3) refuse(path, "Expected three UVW coordinates in every row");
  const double* coordinates = uvw.data();
  std::vector<std::uint32_t> field_of_time;
  std::uint32_t previous = kNoRow;
  for (std::size_t k = 0; k < rows.front().size(); ++k) {
    std::uint32_t row = kNoRow;
    for (std::size_t w = 0; row == kNoRow; ++w) row = rows[w][k];
    if (previous == kNoRow || integration_of(keys, row) != integration_of(keys, previous)) {
      observation.time_mjd_s.push_back(keys.time(row));
      observation.integration_s.push_back(keys.interval(row));
      field_of_time.push_back(static_cast<std::uint32_t>(keys.field(row)));
    }
    observation.integration_s.back() = std::max(observation.integration_s.back(), keys.interval(row));
    observation.time_index.push_back(static_cast<std::uint32_t>(observation.time_mjd_s.size() - 1));
    observation.antenna1.push_back(static_cast<std::uint32_t>(keys.antenna1(row)));
    observation.antenna2.push_back(static_cast<std::uint32_t>(keys.antenna2(row)));
    const double* b = coordinates + 3 * static_cast<std::size_t>(row);
    observation.uvw_m.push_back({b[0], b[1], b[2]});
    previous = row;
  }
  return field_of_time;
}

}  // namespace contimg::ms
