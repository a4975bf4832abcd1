#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "uvh5/hdf5_file.h"

namespace contimg {

/// Where one chunk lies in the file. Size 0: it was never written and holds the fill value.
struct StoredChunk {
  std::uint64_t address = 0;
  std::uint32_t size = 0;         ///< bytes in the file
  std::uint32_t filter_mask = 0;  ///< bit i: filter i of the pipeline was not applied
};

/// Chunks of a dataset along each axis.
Hdf5Shape chunk_grid(const Hdf5Dataset& dataset);

/// The chunks of the rows of chunks from `first_row` up to, not including, `end_row`, in C order of the grid; nothing
/// where neither this code nor libhdf5 can tell their places quickly. Memory: 16 bytes per chunk that is asked for.
/// Threads: call under hdf5_lock().
/// @throws Error{UVH5_FORMAT} the index is damaged
std::optional<std::vector<StoredChunk>> find_chunks(const Hdf5File& file, const Hdf5Dataset& dataset,
                                                    std::uint64_t first_row, std::uint64_t end_row);

/// Calls `visit` for each chunk that is stored; false where neither this code nor libhdf5 finds them quickly.
/// Threads: call under hdf5_lock().
/// @throws Error{UVH5_FORMAT} the index is damaged
bool for_each_chunk(const Hdf5File& file, const Hdf5Dataset& dataset,
                    const std::function<void(const StoredChunk&)>& visit);

}  // namespace contimg
