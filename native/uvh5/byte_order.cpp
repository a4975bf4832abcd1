#include "uvh5/byte_order.h"

#include <cstring>

#include "core/simd.h"

// A matrix of N rows of 16 bytes, N a power of 2, is transposed by log2(N) perfect shuffles of all its bytes: each
// interleaves the first half with the second half, which rotates the bits of a byte's index by one. Rows are vectors of
// 16 bytes, whose interleaving every x86-64 and ARM has an instruction for.
//
// Bits are transposed in two steps. The rows of the 8 bits of one byte of the elements are interleaved byte by byte: 8
// bytes then hold the 8 x 8 bits of 8 elements, which are transposed inside a 64-bit word by three exchanges (Warren,
// Hacker's Delight, section 7-3).

namespace contimg {
namespace {

using Bytes = std::uint8_t __attribute__((vector_size(16)));

CONTIMG_INLINE Bytes interleave_low(Bytes a, Bytes b) {
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
CONTIMG_INLINE Bytes interleave_high(Bytes a, Bytes b) {
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/// Elements of N bytes from N rows, `row_stride` bytes apart; out element i is the bytes i of all rows.
template <std::size_t N>
void join_rows(const std::uint8_t* in, std::size_t row_stride, std::size_t count, std::uint8_t* out) {
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    Bytes rows[N], mixed[N];
    for (std::size_t k = 0; k < N; ++k) std::memcpy(&rows[k], in + k * row_stride + i, 16);
    for (std::size_t step = 1; step < N; step *= 2) {
      for (std::size_t k = 0; k < N / 2; ++k) {
        mixed[2 * k] = interleave_low(rows[k], rows[k + N / 2]);
        mixed[2 * k + 1] = interleave_high(rows[k], rows[k + N / 2]);
      }
      std::memcpy(rows, mixed, sizeof rows);
    }
    std::memcpy(out + i * N, rows, sizeof rows);
  }
  for (; i < count; ++i)
    for (std::size_t k = 0; k < N; ++k) out[i * N + k] = in[k * row_stride + i];
}

void join_rows(const std::uint8_t* in, std::size_t n_rows, std::size_t count, std::uint8_t* out) {
  switch (n_rows) {
    case 1:
      std::memcpy(out, in, count);
      return;
    case 2:
      return join_rows<2>(in, count, count, out);
    case 4:
      return join_rows<4>(in, count, count, out);
    case 8:
      return join_rows<8>(in, count, count, out);
    case 16:
      return join_rows<16>(in, count, count, out);
    default:
      for (std::size_t i = 0; i < count; ++i)
        for (std::size_t k = 0; k < n_rows; ++k) out[i * n_rows + k] = in[k * count + i];
  }
}

/// Bit i of byte k becomes bit k of byte i, in each word.
CONTIMG_SIMD void transpose_bits(std::uint8_t* words, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t x, t;
    std::memcpy(&x, words + 8 * i, 8);
    t = (x ^ (x >> 7)) & 0x00AA00AA00AA00AA;
    x ^= t ^ (t << 7);
    t = (x ^ (x >> 14)) & 0x0000CCCC0000CCCC;
    x ^= t ^ (t << 14);
    t = (x ^ (x >> 28)) & 0x00000000F0F0F0F0;
    x ^= t ^ (t << 28);
    std::memcpy(words + 8 * i, &x, 8);
  }
}

}  // namespace

void unshuffle_bytes(const std::uint8_t* in, std::size_t size, std::size_t element_bytes, std::uint8_t* out) {
  const std::size_t count = size / element_bytes, whole = count * element_bytes;
  join_rows(in, element_bytes, count, out);
  std::memcpy(out + whole, in + whole, size - whole);
}

void unshuffle_bits(const std::uint8_t* in, std::size_t count, std::size_t element_bytes, std::uint8_t* out,
                    std::uint8_t* scratch) {
  for (std::size_t byte = 0; byte < element_bytes; ++byte) {
    std::uint8_t* row = scratch + byte * count;
    join_rows<8>(in + byte * count, count / 8, count / 8, row);
    transpose_bits(row, count / 8);
  }
  join_rows(scratch, element_bytes, count, out);
}

}  // namespace contimg
