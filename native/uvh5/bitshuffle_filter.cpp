#include "uvh5/bitshuffle_filter.h"

#include <hdf5.h>
#include <lz4.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "uvh5/byte_order.h"

// A chunk is cut into blocks of elements; the last block holds the elements that are left, down to a multiple of 8, and
// what is left then follows as it is. With LZ4 the chunk begins with its decoded size (8 bytes) and the bytes of a
// block (4 bytes), and each block with its compressed size (4 bytes); all three are big-endian. Masui et al. 2015, "A
// compression scheme for radio data in high performance computing".

namespace contimg {
namespace {

constexpr std::size_t kMaxElementBytes = 64, kMaxBlockBytes = 64 << 20;

std::size_t default_block(std::size_t element_bytes) {
  constexpr std::size_t kTargetBytes = 8192, kFewest = 128;
  return std::max(kTargetBytes / element_bytes / 8 * 8, kFewest);
}

std::uint64_t big_endian(const std::uint8_t* bytes, int count) {
  std::uint64_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

std::size_t bitshuffle_filter(unsigned flags, std::size_t n_values, const unsigned* values, std::size_t in_size,
                              std::size_t* buffer_size, void** buffer) {
  BitshuffleParameters parameters;
  if (!(flags & H5Z_FLAG_REVERSE) || !parse_bitshuffle(values, n_values, parameters)) return 0;
  const auto* in = static_cast<const std::uint8_t*>(*buffer);
  constexpr std::uint64_t kMaxExpansion = 256;  // LZ4's
  const std::uint64_t out_size = !parameters.lz4 ? in_size : in_size >= 12 ? big_endian(in, 8) : 0;
  if (out_size == 0 || out_size / kMaxExpansion > in_size) return 0;
  void* out = H5allocate_memory(out_size, false);
  if (!out) return 0;
  if (!decode_bitshuffle(parameters, in, in_size, static_cast<std::uint8_t*>(out), out_size)) {
    H5free_memory(out);
    return 0;
  }
  H5free_memory(*buffer);
  *buffer = out;
  *buffer_size = out_size;
  return out_size;
}

}  // namespace

bool parse_bitshuffle(const unsigned* values, std::size_t n_values, BitshuffleParameters& parameters) {
  constexpr unsigned kLz4 = 2;
  if (n_values < 3) return false;
  parameters.element_bytes = values[2];
  parameters.block_elements = n_values > 3 ? values[3] : 0;
  const unsigned compression = n_values > 4 ? values[4] : 0;
  parameters.lz4 = compression == kLz4;
  return parameters.element_bytes > 0 && parameters.element_bytes <= kMaxElementBytes &&
         parameters.block_elements % 8 == 0 && (compression == 0 || parameters.lz4);
}

bool decode_bitshuffle(const BitshuffleParameters& parameters, const std::uint8_t* in, std::size_t in_size,
                       std::uint8_t* out, std::size_t out_size) {
  const std::size_t element = parameters.element_bytes;
  const std::uint8_t* const in_end = in + in_size;
  std::size_t block = parameters.block_elements ? parameters.block_elements : default_block(element);
  if (parameters.lz4) {
    if (in_size < 12 || big_endian(in, 8) != out_size) return false;
    block = big_endian(in + 8, 4) / element;
    in += 12;
  }
  if (block == 0 || block % 8 != 0 || block > kMaxBlockBytes / element) return false;
  block = std::min(block, std::max<std::size_t>(out_size / element / 8 * 8, 8));
  std::vector<std::uint8_t> scratch(2 * block * element);
  std::uint8_t *const bits = scratch.data(), *const mixed = bits + block * element;
  for (std::size_t left = out_size / element; left >= 8;) {
    const std::size_t count = std::min(block, left / 8 * 8), bytes = count * element;
    const std::uint8_t* from = in;
    std::size_t stored = bytes;
    if (parameters.lz4) {
      if (in_end - in < 4) return false;
      stored = big_endian(in, 4);
      in += 4;
      from = bits;
    }
    if (stored > static_cast<std::size_t>(in_end - in)) return false;
    if (parameters.lz4 &&
        LZ4_decompress_safe(reinterpret_cast<const char*>(in), reinterpret_cast<char*>(bits), static_cast<int>(stored),
                            static_cast<int>(bytes)) != static_cast<int>(bytes))
      return false;
    unshuffle_bits(from, count, element, out, mixed);
    in += stored;
    out += bytes;
    left -= count;
  }
  const std::size_t rest = out_size % (8 * element);
  if (static_cast<std::size_t>(in_end - in) != rest) return false;
  std::memcpy(out, in, rest);
  return true;
}

void register_bitshuffle_filter() {
  static const H5Z_class2_t kFilter = {H5Z_CLASS_T_VERS, kBitshuffleFilterId, 0, 1, "bitshuffle", nullptr,
                                       nullptr,          bitshuffle_filter};
  H5Zregister(&kFilter);
}

}  // namespace contimg
