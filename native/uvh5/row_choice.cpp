#include "uvh5/row_choice.h"

#include <algorithm>
#include <set>

#include "core/error.h"

namespace contimg {
namespace {

void keep_times(const Hdf5File& file, const RowChoice& choice, std::vector<bool>& wanted) {
  const std::vector<double> time = file.finite_numbers("Header/time_array", {wanted.size()});
  std::vector<double> distinct = time;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  const std::size_t count =
      resolve_count("integrations", choice.first_time, choice.n_times, distinct.size(), file.path());
  const double first = distinct[choice.first_time], last = distinct[choice.first_time + count - 1];
  for (std::size_t row = 0; row < wanted.size(); ++row)
    wanted[row] = wanted[row] && time[row] >= first && time[row] <= last;
}

void keep_baselines(const Hdf5File& file, const RowChoice& choice, std::vector<bool>& wanted) {
  const Hdf5Shape shape{wanted.size()};
  const auto antenna1 = file.integers("Header/ant_1_array", shape),
             antenna2 = file.integers("Header/ant_2_array", shape);
  std::set<std::int64_t> antennas;
  if (choice.antennas) antennas.insert(choice.antennas->begin(), choice.antennas->end());
  std::set<std::pair<std::int64_t, std::int64_t>> baselines;
  if (choice.baselines)
    for (const auto& [a, b] : *choice.baselines) baselines.insert(std::minmax(a, b));
  for (std::size_t row = 0; row < wanted.size(); ++row) {
    const std::int64_t a = antenna1[row], b = antenna2[row];
    wanted[row] = wanted[row] && (choice.autocorrelations || a != b) &&
                  (!choice.antennas || (antennas.count(a) > 0 && antennas.count(b) > 0)) &&
                  (!choice.baselines || baselines.count(std::minmax(a, b)) > 0);
  }
}

}  // namespace

std::size_t resolve_count(const char* what, std::size_t first, std::optional<std::size_t> count, std::size_t available,
                          const std::string& path) {
  const bool fits = first < available && (!count || (*count > 0 && *count <= available - first));
  if (!fits)
    throw Error(code::kInvalidArgument, "Expected " + std::string(what) + " within the " + std::to_string(available) +
                                            " of " + path + " but received " +
                                            (count ? std::to_string(*count) + " from " : "those from ") +
                                            std::to_string(first));
  return count.value_or(available - first);
}

std::vector<RowRange> choose_rows(const Hdf5File& file, std::size_t n_rows, const RowChoice& choice) {
  const std::size_t count = resolve_count("rows", choice.first_row, choice.n_rows, n_rows, file.path());
  const bool by_time = choice.first_time > 0 || choice.n_times;
  const bool by_baseline = choice.antennas || choice.baselines || !choice.autocorrelations;
  if (!by_time && !by_baseline) return {{choice.first_row, count}};
  std::vector<bool> wanted(n_rows);
  std::fill_n(wanted.begin() + static_cast<std::ptrdiff_t>(choice.first_row), count, true);
  if (by_time) keep_times(file, choice, wanted);
  if (by_baseline) keep_baselines(file, choice, wanted);
  std::vector<RowRange> rows;
  for (std::size_t row = 0; row < n_rows; ++row) {
    if (!wanted[row]) continue;
    if (!rows.empty() && rows.back().first + rows.back().count == row)
      ++rows.back().count;
    else
      rows.push_back({row, 1});
  }
  if (rows.empty())
    throw Error(code::kInvalidArgument,
                "Expected to find rows that meet all conditions in " + file.path() + " but there are none",
                file.path());
  return rows;
}

}  // namespace contimg
