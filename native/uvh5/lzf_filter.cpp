#include "uvh5/lzf_filter.h"

#include <hdf5.h>

#include <cstring>

// The LZF stream (Lehmann's liblzf) is a sequence of two kinds of tokens, told apart by the first byte c:
//
//   c < 32   a run of c + 1 literal bytes follows
//   c >= 32  a copy of bytes written before: length = c >> 5, plus the next byte where that is 7, plus 2;
//            distance = (c & 31) << 8 | next byte, plus 1. Source and destination may overlap: byte by byte.

namespace contimg {
namespace {

/// The densest token is 3 bytes for 264.
constexpr std::size_t kMaxExpansion = 88;

/// `values` as h5py writes them: filter version, liblzf version, bytes of a chunk. Returns 0 on failure.
std::size_t lzf_filter(unsigned flags, std::size_t n_values, const unsigned* values, std::size_t in_size,
                       std::size_t* buffer_size, void** buffer) {
  if (!(flags & H5Z_FLAG_REVERSE) || n_values < 3) return 0;
  const std::size_t out_size = values[2];
  if (out_size == 0 || out_size / kMaxExpansion > in_size) return 0;
  void* out = H5allocate_memory(out_size, false);
  if (!out) return 0;
  if (!decode_lzf(static_cast<const std::uint8_t*>(*buffer), in_size, static_cast<std::uint8_t*>(out), out_size)) {
    H5free_memory(out);
    return 0;
  }
  H5free_memory(*buffer);
  *buffer = out;
  *buffer_size = out_size;
  return out_size;
}

}  // namespace

bool decode_lzf(const std::uint8_t* in, std::size_t in_size, std::uint8_t* out, std::size_t out_size) {
  const std::uint8_t* const in_end = in + in_size;
  std::size_t written = 0;
  while (in < in_end) {
    const std::size_t token = *in++;
    if (token < 32) {
      const std::size_t length = token + 1;
      if (length > static_cast<std::size_t>(in_end - in) || length > out_size - written) return false;
      std::memcpy(out + written, in, length);
      in += length;
      written += length;
      continue;
    }
    std::size_t length = token >> 5;
    if (length == 7) {
      if (in == in_end) return false;
      length += *in++;
    }
    length += 2;
    if (in == in_end) return false;
    const std::size_t distance = ((token & 31) << 8 | *in++) + 1;
    if (distance > written || length > out_size - written) return false;
    for (; length > 0; --length, ++written) out[written] = out[written - distance];
  }
  return written == out_size;
}

void register_lzf_filter() {
  static const H5Z_class2_t kFilter = {H5Z_CLASS_T_VERS, kLzfFilterId, 0, 1, "lzf", nullptr, nullptr, lzf_filter};
  H5Zregister(&kFilter);
}

}  // namespace contimg
