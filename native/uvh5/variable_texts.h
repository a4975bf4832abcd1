#pragma once

#include <string>
#include <vector>

#include "uvh5/hdf5_file.h"

namespace contimg {

/// Strings of variable length, read past libhdf5: of a damaged heap it reads without end, and past the end.
/// Threads: call under hdf5_lock().
/// @throws Error{UVH5_FORMAT} the heap is damaged, or the dataset is not contiguous
std::vector<std::string> read_variable_texts(const Hdf5File& file, const Hdf5Dataset& dataset, std::size_t count);

}  // namespace contimg
