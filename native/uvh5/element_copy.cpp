#include "uvh5/element_copy.h"

#include <algorithm>
#include <cstring>

namespace contimg {
namespace {

/// What is copied as one: an element, or all polarizations of a channel.
template <std::size_t N>
struct Unit {
  std::uint8_t bytes[N];
};

/// `count` units from `in` to `out`, both at a pitch that is counted in units.
template <std::size_t N>
void copy_strided(const std::uint8_t* in, std::ptrdiff_t in_pitch, std::uint8_t* out, std::ptrdiff_t out_pitch,
                  std::size_t count) {
  for (std::size_t i = 0; i < count; ++i, in += in_pitch * std::ptrdiff_t(N), out += out_pitch * std::ptrdiff_t(N))
    std::memcpy(out, in, N);
}

struct ChannelRun {
  std::size_t in_bytes, out_bytes;  // from the start of a row to the first unit
  std::ptrdiff_t in_pitch, out_pitch;
  std::size_t count, unit_bytes;
};

template <std::size_t N>
void copy_rows(const ElementBlock& block, const RowPiece& piece, const ChannelRun& run, std::size_t out_row_bytes,
               std::uint8_t* result) {
  const std::uint8_t* in = block.data + (piece.first - block.first_row) * block.row_bytes + run.in_bytes;
  std::uint8_t* out = result + piece.to * out_row_bytes + run.out_bytes;
  for (std::size_t row = 0; row < piece.count; ++row, in += block.row_bytes, out += out_row_bytes)
    copy_strided<N>(in, run.in_pitch, out, run.out_pitch, run.count);
}

void copy_rows(const ElementBlock& block, const RowPiece& piece, const ChannelRun& run, std::size_t out_row_bytes,
               std::uint8_t* result) {
  switch (run.unit_bytes) {
    case 1:
      return copy_rows<1>(block, piece, run, out_row_bytes, result);
    case 2:
      return copy_rows<2>(block, piece, run, out_row_bytes, result);
    case 4:
      return copy_rows<4>(block, piece, run, out_row_bytes, result);
    case 8:
      return copy_rows<8>(block, piece, run, out_row_bytes, result);
    case 16:
      return copy_rows<16>(block, piece, run, out_row_bytes, result);
    case 32:
      return copy_rows<32>(block, piece, run, out_row_bytes, result);
    case 64:
      return copy_rows<64>(block, piece, run, out_row_bytes, result);
    default:
      break;
  }
  const std::uint8_t* in = block.data + (piece.first - block.first_row) * block.row_bytes + run.in_bytes;
  std::uint8_t* out = result + piece.to * out_row_bytes + run.out_bytes;
  const auto bytes = static_cast<std::ptrdiff_t>(run.unit_bytes);
  for (std::size_t row = 0; row < piece.count; ++row, in += block.row_bytes, out += out_row_bytes)
    for (std::size_t i = 0; i < run.count; ++i) {
      const auto k = static_cast<std::ptrdiff_t>(i);
      std::memcpy(out + k * run.out_pitch * bytes, in + k * run.in_pitch * bytes, run.unit_bytes);
    }
}

}  // namespace

void copy_elements(const ElementBlock& block, const RowPiece* pieces, std::size_t n_pieces,
                   const Uvh5Selection& selection, std::size_t element_bytes, std::uint8_t* result) {
  const std::vector<std::size_t>& pols = selection.polarizations;
  const std::size_t n_out = selection.n_channels, begin = std::max(block.first_channel, selection.first_channel),
                    end = std::min(block.first_channel + block.n_channels, selection.first_channel + n_out);
  if (begin >= end) return;
  const std::size_t out_row_bytes = n_out * pols.size() * element_bytes;
  const std::size_t first_out =
      selection.channels_reversed ? n_out - 1 - (begin - selection.first_channel) : begin - selection.first_channel;
  const std::ptrdiff_t direction = selection.channels_reversed ? -1 : 1;
  const auto copy = [&](std::size_t pol_in, std::size_t pol_out, std::size_t n_together) {
    const std::size_t unit = element_bytes * n_together;
    ChannelRun run{((begin - block.first_channel) * block.pol_pitch + pol_in) * element_bytes,
                   (first_out * pols.size() + pol_out) * element_bytes,
                   static_cast<std::ptrdiff_t>(block.pol_pitch / n_together),
                   static_cast<std::ptrdiff_t>(pols.size() / n_together) * direction,
                   end - begin,
                   unit};
    if (run.in_pitch == 1 && run.out_pitch == 1) {  // channels stand together on both sides
      run.unit_bytes *= run.count;
      run.count = 1;
    }
    for (std::size_t k = 0; k < n_pieces; ++k) copy_rows(block, pieces[k], run, out_row_bytes, result);
  };
  bool all_in_order = pols.size() == block.n_pols && block.n_pols == block.pol_pitch;
  for (std::size_t k = 0; all_in_order && k < pols.size(); ++k) all_in_order = pols[k] == block.first_pol + k;
  if (all_in_order) return copy(0, 0, pols.size());
  for (std::size_t k = 0; k < pols.size(); ++k)
    if (pols[k] >= block.first_pol && pols[k] < block.first_pol + block.n_pols) copy(pols[k] - block.first_pol, k, 1);
}

}  // namespace contimg
