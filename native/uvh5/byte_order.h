#pragma once

#include <cstddef>
#include <cstdint>

namespace contimg {

/// Puts the bytes of elements back together: `in` holds byte 0 of every element, then byte 1 of every element, ...
/// Bytes after the last whole element stay at the end.
void unshuffle_bytes(const std::uint8_t* in, std::size_t size, std::size_t element_bytes, std::uint8_t* out);

/// The same for bits: `in` holds bit 0 (lowest of byte 0) of every element, then bit 1, ...
/// @param count    elements, a multiple of 8
/// @param scratch  count * element_bytes bytes
void unshuffle_bits(const std::uint8_t* in, std::size_t count, std::size_t element_bytes, std::uint8_t* out,
                    std::uint8_t* scratch);

}  // namespace contimg
