#include "mosaic/reproject.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "mosaic/tile_sampler.h"

namespace contimg::mosaic {

NdArray<float, 2> reproject(NdView<const float, 2> image, const CelestialGrid& grid, const CelestialGrid& output,
                            Kernel kernel, unsigned threads, const JobContext& context) {
  if (image.shape(0) != grid.ny || image.shape(1) != grid.nx)
    throw Error(code::kInvalidArgument, "Expected an image of the shape of its grid");
  auto result = NdArray<float, 2>::uninitialized({output.ny, output.nx});
  std::fill(result.begin(), result.end(), std::numeric_limits<float>::quiet_NaN());

  MosaicTile tile;
  tile.image = std::make_shared<MemoryPixels>(image);
  tile.grid = grid;
  const TileSampler sampler(tile, output, {0, kernel});
  const Window whole = sampler.footprint();
  constexpr std::size_t kBlock = 128;
  const std::size_t columns = (whole.width() + kBlock - 1) / kBlock, rows = (whole.height() + kBlock - 1) / kBlock;
  std::atomic<std::size_t> done{0};
  parallel_for(columns * rows, threads, [&](std::size_t index) {
    context.checkpoint(static_cast<double>(done++) / static_cast<double>(columns * rows));
    const std::size_t x = whole.x_begin + index % columns * kBlock, y = whole.y_begin + index / columns * kBlock;
    const Window block{x, std::min(x + kBlock, whole.x_end), y, std::min(y + kBlock, whole.y_end)};
    TileSampler::Scratch scratch;
    std::vector<float> values;
    sampler.sample_image(block, &scratch, &values);
    for (std::size_t row = 0; row < block.height(); ++row)
      std::copy_n(values.data() + row * block.width(), block.width(), &result(block.y_begin + row, block.x_begin));
  });
  return result;
}

}  // namespace contimg::mosaic
