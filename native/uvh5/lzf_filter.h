#pragma once

#include <cstddef>
#include <cstdint>

namespace contimg {

/// h5py's LZF filter, which UVH5 files use for flags and nsamples and libhdf5 lacks.
inline constexpr int kLzfFilterId = 32000;

/// Makes libhdf5 decode LZF without a plugin. Reading only.
void register_lzf_filter();

/// Decodes one LZF stream.
///
/// @param out  room for `out_size` bytes, exactly what the stream must give
/// @returns false where the stream is malformed or gives another number of bytes
bool decode_lzf(const std::uint8_t* in, std::size_t in_size, std::uint8_t* out, std::size_t out_size);

}  // namespace contimg
