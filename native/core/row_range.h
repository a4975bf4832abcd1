#pragma once

#include <cstddef>

namespace contimg {

/// Consecutive rows.
struct RowRange {
  std::size_t first = 0, count = 0;
  std::size_t end() const { return first + count; }
};

}  // namespace contimg
