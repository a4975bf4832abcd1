#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "uvh5/uvh5_selection.h"

namespace contimg {

/// Rows of the file that stand together, and the row of the result where they go.
struct RowPiece {
  std::size_t first = 0, count = 0, to = 0;
};

/// Consecutive rows, channels and polarizations of an array, in memory.
struct ElementBlock {
  const std::uint8_t* data = nullptr;
  std::size_t row_bytes = 0;  ///< from one row to the next
  std::size_t first_row = 0;
  std::size_t first_channel = 0, n_channels = 0;
  std::size_t first_pol = 0, n_pols = 0, pol_pitch = 0;  ///< pol_pitch: polarizations from one channel to the next
};

/// Copies what is selected of a block to its places in the result, (rows, channels, polarizations) of the selection.
void copy_elements(const ElementBlock& block, const RowPiece* pieces, std::size_t n_pieces,
                   const Uvh5Selection& selection, std::size_t element_bytes, std::uint8_t* result);

}  // namespace contimg
