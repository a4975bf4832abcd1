#pragma once

#include <cstddef>
#include <vector>

#include "core/row_range.h"

namespace contimg {

/// Elements of a file's arrays of (rows, channels, polarizations), and the order in which they are wanted.
struct Uvh5Selection {
  std::vector<RowRange> rows;  ///< ascending, apart; what is between them is left out
  std::size_t first_channel = 0, n_channels = 0;
  bool channels_reversed = false;          ///< the last channel of the file comes first
  std::vector<std::size_t> polarizations;  ///< indices, in the order wanted

  std::size_t n_rows() const {
    std::size_t n = 0;
    for (const RowRange& range : rows) n += range.count;
    return n;
  }
};

}  // namespace contimg
