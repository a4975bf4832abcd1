#include "imaging/noise_map.h"

#include <algorithm>
#include <cmath>

#include "core/parallel.h"
#include "imaging/image_statistics.h"

namespace contimg::imaging {
namespace {

std::size_t count_boxes(std::size_t n, std::size_t box) {
  return box == 0 ? 1 : std::max<std::size_t>(1, (n + box / 2) / box);
}

/// Where pixel `i` of `n` lies between the centers of `n_boxes` boxes.
struct Between {
  std::size_t lower, upper;
  float part;  ///< of the upper one

  Between(std::size_t i, std::size_t n, std::size_t n_boxes) {
    const double last = static_cast<double>(n_boxes - 1);
    const double place = std::clamp(
        (static_cast<double>(i) + 0.5) * static_cast<double>(n_boxes) / static_cast<double>(n) - 0.5, 0.0, last);
    lower = static_cast<std::size_t>(place);
    upper = std::min(lower + 1, n_boxes - 1);
    part = static_cast<float>(place - static_cast<double>(lower));
  }
};

}  // namespace

NoiseMap::NoiseMap(NdView<const float, 2> image, std::size_t box, unsigned threads)
    : ny_(image.shape(0)), nx_(image.shape(1)), sigma_({count_boxes(ny_, box), count_boxes(nx_, box)}) {
  const std::size_t n_rows = sigma_.shape(0), n_columns = sigma_.shape(1);
  parallel_for(n_rows * n_columns, threads, [&](std::size_t i) {
    const std::size_t row = i / n_columns, column = i % n_columns;
    const std::size_t first_y = row * ny_ / n_rows, last_y = (row + 1) * ny_ / n_rows;
    const std::size_t first_x = column * nx_ / n_columns, last_x = (column + 1) * nx_ / n_columns;
    auto pixels = NdArray<float, 2>::uninitialized({last_y - first_y, last_x - first_x});
    for (std::size_t y = first_y; y < last_y; ++y)
      std::copy(&image(y, first_x), &image(y, first_x) + (last_x - first_x), &pixels(y - first_y, 0));
    sigma_(row, column) = static_cast<float>(mad_sigma(pixels.view()));
  });
  // Boxes of NaN alone, about what an image shows, take the noise of all.
  if (std::none_of(sigma_.begin(), sigma_.end(), [](float sigma) { return sigma == 0; })) return;
  const float sigma_of_all = static_cast<float>(mad_sigma(image));
  for (float& sigma : sigma_) sigma = sigma == 0 ? sigma_of_all : sigma;
}

void NoiseMap::fill_row(std::size_t y, float* sigma) const {
  const Between rows(y, ny_, sigma_.shape(0));
  for (std::size_t x = 0; x < nx_; ++x) {
    const Between columns(x, nx_, sigma_.shape(1));
    const auto along = [&](std::size_t row) {
      return (1 - columns.part) * sigma_(row, columns.lower) + columns.part * sigma_(row, columns.upper);
    };
    sigma[x] = (1 - rows.part) * along(rows.lower) + rows.part * along(rows.upper);
  }
}

}  // namespace contimg::imaging
