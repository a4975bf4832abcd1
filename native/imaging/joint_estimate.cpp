#include "imaging/joint_estimate.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "core/parallel.h"

namespace contimg::imaging {
namespace {

/// Calls `pixel(index in the mosaic, index in the facet)` for those that they share.
template <typename Pixel>
void for_shared_pixels(const JointWindow& window, NdView<const float, 2> mosaic, unsigned threads, const Pixel& pixel) {
  const auto clip = [](std::ptrdiff_t first, std::size_t n, std::size_t n_mosaic) {
    return std::pair(
        std::max<std::ptrdiff_t>(0, -first),
        std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(n), static_cast<std::ptrdiff_t>(n_mosaic) - first));
  };
  const auto [first_y, end_y] = clip(window.y, window.facet.ny, mosaic.shape(0));
  const auto [first_x, end_x] = clip(window.x, window.facet.nx, mosaic.shape(1));
  if (first_y >= end_y) return;
  parallel_for(static_cast<std::size_t>(end_y - first_y), threads, [&, y0 = first_y, x0 = first_x, x1 = end_x](auto i) {
    const std::ptrdiff_t y = y0 + static_cast<std::ptrdiff_t>(i);
    const auto in_mosaic = (window.y + y) * static_cast<std::ptrdiff_t>(mosaic.shape(1)) + window.x,
               in_facet = y * static_cast<std::ptrdiff_t>(window.facet.nx);
    for (std::ptrdiff_t x = x0; x < x1; ++x) pixel(in_mosaic + x, in_facet + x);
  });
}

}  // namespace

JointEstimate::JointEstimate(const std::vector<JointTile>& tiles, const SkyGrid& mosaic, double cutoff,
                             unsigned threads)
    : weight({mosaic.ny, mosaic.nx}),
      coverage({mosaic.ny, mosaic.nx}),
      tiles_(tiles),
      cutoff_(cutoff),
      threads_(threads) {
  for (const JointTile& tile : tiles) {
    const double sigma = tile.rms_jy();
    sigma_jy_.push_back(sigma);
    const float* const beam = tile.primary_beam().data();
    std::atomic<std::size_t> n_pixels{0};
    for_shared_pixels(tile.window(), weight.view(), threads, [&](std::size_t in_mosaic, std::size_t in_facet) {
      const double power = beam[in_facet];
      if (!(power >= cutoff)) return;
      weight.data()[in_mosaic] += static_cast<float>(power * power / (sigma * sigma));
      coverage.data()[in_mosaic] += 1;
      n_pixels.fetch_add(1, std::memory_order_relaxed);
    });
    n_pixels_.push_back(n_pixels);
  }
  highest_weight_ = *std::max_element(weight.begin(), weight.end());
}

NdArray<float, 2> JointEstimate::numerator() const {
  NdArray<float, 2> sum(weight.shape());
  for (std::size_t t = 0; t < tiles_.size(); ++t) {
    const float* const beam = tiles_[t].primary_beam().data();
    const float* const residual = tiles_[t].residual().data();
    const double scale = 1 / (sigma_jy_[t] * sigma_jy_[t]);
    for_shared_pixels(tiles_[t].window(), sum.view(), threads_, [&](std::size_t in_mosaic, std::size_t in_facet) {
      if (beam[in_facet] >= cutoff_)
        sum.data()[in_mosaic] += static_cast<float>(scale * beam[in_facet] * residual[in_facet]);
    });
  }
  return sum;
}

NdArray<float, 2> JointEstimate::mosaic() const {
  NdArray<float, 2> image = numerator();
  for (std::size_t i = 0; i < image.size(); ++i)
    image.data()[i] =
        weight.data()[i] > 0 ? image.data()[i] / weight.data()[i] : std::numeric_limits<float>::quiet_NaN();
  return image;
}

void JointEstimate::flat_noise(NdView<float, 2> image) const {
  const NdArray<float, 2> estimate = mosaic();
  for (std::size_t i = 0; i < image.size(); ++i) image.data()[i] = estimate.data()[i] * response(i);
}

}  // namespace contimg::imaging
