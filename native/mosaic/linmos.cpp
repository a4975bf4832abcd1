#include "mosaic/linmos.h"

#include <atomic>
#include <cmath>
#include <limits>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"

namespace contimg::mosaic {
namespace {

void check(bool condition, const char* expected) {
  if (!condition) throw Error(code::kInvalidArgument, std::string("Expected ") + expected);
}

void check(const Tile& tile, const SinGrid& output, const Accumulators& sums) {
  const NdView<float, 2>::Shape in{tile.grid.ny, tile.grid.nx}, out{output.ny, output.nx};
  check(tile.image.shape() == in && tile.primary_beam.shape() == in, "image and primary beam of the tile's shape");
  check(sums.numerator.shape() == out && sums.weight.shape() == out && sums.coverage.shape() == out,
        "accumulators of the output's shape");
  check(std::isfinite(tile.sigma) && tile.sigma > 0, "sigma > 0");
}

/// Positions and values of one output row.
struct Row {
  explicit Row(std::size_t n) : xs(n), ys(n), image(n), beam(n) {}
  std::vector<double> xs, ys;
  std::vector<float> image, beam;
};

/// The image where the primary beam allows: elsewhere the position becomes NaN, which costs nothing to sample.
void sample_row(const Tile& tile, const PixelMap& map, const Window& window, std::size_t y,
                const LinmosOptions& options, Row* row) {
  const std::size_t n = window.width();
  for (std::size_t i = 0; i < n; ++i) {
    const PixelMap::Position p = map(static_cast<double>(window.x_begin + i), static_cast<double>(y));
    row->xs[i] = p.x;
    row->ys[i] = p.y;
  }
  sample(tile.primary_beam, Kernel::kBilinear, row->xs.data(), row->ys.data(), n, row->beam.data());
  for (std::size_t i = 0; i < n; ++i)
    if (!(row->beam[i] >= options.cutoff)) row->xs[i] = std::numeric_limits<double>::quiet_NaN();
  sample(tile.image, options.kernel, row->xs.data(), row->ys.data(), n, row->image.data());
}

}  // namespace

std::size_t add_tile(const Tile& tile, const SinGrid& output, const LinmosOptions& options,
                     const Accumulators& accumulators, const JobContext& context) {
  check(tile, output, accumulators);
  const Window window = footprint(tile.grid, output);
  const PixelMap map(output, tile.grid);
  const double inverse_variance = 1 / (tile.sigma * tile.sigma);
  std::atomic<std::size_t> rows_done{0}, contributed{0};
  parallel_for(window.height(), options.threads, [&](std::size_t index) {
    context.checkpoint(static_cast<double>(rows_done++) / static_cast<double>(window.height()));
    const std::size_t y = window.y_begin + index;
    Row row(window.width());
    sample_row(tile, map, window, y, options, &row);
    double* numerator = &accumulators.numerator(y, window.x_begin);
    double* weight = &accumulators.weight(y, window.x_begin);
    float* coverage = &accumulators.coverage(y, window.x_begin);
    std::size_t count = 0;
    for (std::size_t i = 0; i < window.width(); ++i) {
      const double beam = row.beam[i], image = row.image[i];
      if (!std::isfinite(image)) continue;  // covers A below the cut-off
      numerator[i] += beam * image * inverse_variance;
      weight[i] += beam * beam * inverse_variance;
      coverage[i] += 1;
      ++count;
    }
    contributed += count;
  });
  return contributed;
}

Mosaic finish(NdView<const double, 2> numerator, NdView<const double, 2> weight) {
  check(numerator.shape() == weight.shape(), "numerator and weight of one shape");
  Mosaic result{NdArray<float, 2>::uninitialized(weight.shape()), NdArray<float, 2>::uninitialized(weight.shape()),
                NdArray<float, 2>::uninitialized(weight.shape())};
  constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();
  for (std::size_t i = 0; i < weight.size(); ++i) {
    const double w = weight.data()[i];
    result.weight.data()[i] = static_cast<float>(w);
    result.mosaic.data()[i] = w > 0 ? static_cast<float>(numerator.data()[i] / w) : kNoValue;
    result.rms.data()[i] = w > 0 ? static_cast<float>(1 / std::sqrt(w)) : kNoValue;
  }
  return result;
}

}  // namespace contimg::mosaic
