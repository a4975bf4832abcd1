#include "mosaic/reproject.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"

namespace contimg::mosaic {

NdArray<float, 2> reproject(NdView<const float, 2> image, const SinGrid& grid, const SinGrid& output, Kernel kernel,
                            unsigned threads, const JobContext& context) {
  if (image.shape(0) != grid.ny || image.shape(1) != grid.nx)
    throw Error(code::kInvalidArgument, "Expected an image of the shape of its grid");
  auto result = NdArray<float, 2>::uninitialized({output.ny, output.nx});
  std::fill(result.begin(), result.end(), std::numeric_limits<float>::quiet_NaN());

  const Window window = footprint(grid, output);
  const PixelMap map(output, grid);
  std::atomic<std::size_t> done{0};
  parallel_for(window.height(), threads, [&](std::size_t row) {
    context.checkpoint(static_cast<double>(done++) / static_cast<double>(window.height()));
    const std::size_t y = window.y_begin + row;
    std::vector<double> xs(window.width()), ys(window.width());
    for (std::size_t i = 0; i < window.width(); ++i) {
      const PixelMap::Position p = map(static_cast<double>(window.x_begin + i), static_cast<double>(y));
      xs[i] = p.x;
      ys[i] = p.y;
    }
    sample(image, kernel, xs.data(), ys.data(), window.width(), &result(y, window.x_begin));
  });
  return result;
}

}  // namespace contimg::mosaic
