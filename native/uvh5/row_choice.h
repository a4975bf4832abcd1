#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "uvh5/hdf5_file.h"
#include "uvh5/uvh5_selection.h"

namespace contimg {

/// Which rows of a file are wanted: those that meet every condition.
struct RowChoice {
  std::size_t first_row = 0, first_time = 0;          ///< times: the distinct values of time_array, ascending
  std::optional<std::size_t> n_rows, n_times;         ///< absent: to the end
  std::optional<std::vector<std::int64_t>> antennas;  ///< numbers; both antennas of a baseline are among them
  std::optional<std::vector<std::pair<std::int64_t, std::int64_t>>> baselines;  ///< numbers, either order
  bool autocorrelations = true;
};

/// Reads of the header only what the conditions need.
/// Threads: call under hdf5_lock().
/// @throws Error{INVALID_ARGUMENT} rows or times that the file has not, or no row at all; Error{UVH5_FORMAT}
std::vector<RowRange> choose_rows(const Hdf5File& file, std::size_t n_rows, const RowChoice& choice);

/// `count` items from `first` of `available`, or all that follow.
/// @throws Error{INVALID_ARGUMENT} there are fewer
std::size_t resolve_count(const char* what, std::size_t first, std::optional<std::size_t> count, std::size_t available,
                          const std::string& path);

}  // namespace contimg
