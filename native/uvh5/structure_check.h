#pragma once

#include <cstdint>
#include <string>

#include "uvh5/hdf5_file.h"

/// What must hold of a file before libhdf5 is let near: of damaged or forged structures 1.10 follows trees without end,
/// and reads past the end of chunks that are shorter than they should be.
/// Threads: call under hdf5_lock().
namespace contimg {

/// Walks the tree of names of a group; groups of newer formats have none and carry checksums.
/// @param group  open
/// @throws Error{UVH5_FORMAT} the tree is damaged
void require_sound_group(const Hdf5File& file, hid_t group, const std::string& name);

/// Walks the chunks of a chunked dataset and checks the size of those that no filter changes.
/// @returns their bytes in the file
/// @throws Error{UVH5_FORMAT} the index is damaged, or a chunk has a wrong size
std::uint64_t require_sound_chunks(const Hdf5File& file, const Hdf5Dataset& dataset);

/// Decodes every chunk of a chunked dataset: libhdf5 does not look at the size that comes out. For small or rare
/// datasets, which are then read by libhdf5. Memory: a chunk, stored and decoded.
/// @throws Error{UVH5_FORMAT} a chunk is malformed, fails its checksum or gives too few bytes
void require_decodable_chunks(const Hdf5File& file, const Hdf5Dataset& dataset);

/// Whether numbers of a type, or of its members, are those of processors: IEEE floats of 4 or 8 bytes, integers that
/// fill their bytes. libhdf5 converts others too, and takes bits from outside of them where their description is wrong.
/// Types that are not numbers are none of this function's concern.
bool has_plain_numbers(hid_t type);

}  // namespace contimg
