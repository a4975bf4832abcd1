#pragma once

#include <cstddef>
#include <cstdint>

namespace contimg {

/// The bitshuffle filter, which transposes bits and may compress them with LZ4.
inline constexpr int kBitshuffleFilterId = 32008;

/// What the filter's parameters in the file say.
struct BitshuffleParameters {
  std::size_t element_bytes = 0;
  std::size_t block_elements = 0;  ///< 0: the filter's own choice
  bool lz4 = false;
};

/// @returns false where the parameters make no sense or name a compression other than LZ4
bool parse_bitshuffle(const unsigned* values, std::size_t n_values, BitshuffleParameters& parameters);

/// Makes libhdf5 decode bitshuffle without a plugin. Reading only.
void register_bitshuffle_filter();

/// Decodes one chunk.
///
/// @param out  room for `out_size` bytes, exactly what the chunk must give
/// @returns false where the chunk is malformed or gives another number of bytes
bool decode_bitshuffle(const BitshuffleParameters& parameters, const std::uint8_t* in, std::size_t in_size,
                       std::uint8_t* out, std::size_t out_size);

}  // namespace contimg
