#include "core/visibility_source.h"

#include <algorithm>
#include <array>

namespace contimg {

void VisibilitySource::read_rows(RowRange rows, const std::function<void(VisibilityBlock&)>& consume,
                                 const JobContext& context) {
  read(
      [&](VisibilityBlock& block) {
        const std::size_t n_rows = block.visibilities.shape(0);
        const std::size_t first = std::max(rows.first, block.first_row),
                          end = std::min(rows.end(), block.first_row + n_rows);
        if (first >= end) return;
        const std::array<std::size_t, 3> shape{end - first, block.visibilities.shape(1), block.visibilities.shape(2)};
        const std::size_t r = first - block.first_row;
        VisibilityBlock part{first,
                             block.first_channel,
                             {&block.visibilities(r, 0, 0), shape},
                             {&block.flags(r, 0, 0), shape},
                             {&block.weights(r, 0, 0), shape}};
        consume(part);
      },
      context);
}

}  // namespace contimg
