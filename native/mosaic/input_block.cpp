#include "mosaic/input_block.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace contimg::mosaic {
namespace {

/// Pixels of an axis that are wanted: [begin, end), which may reach beyond the image, and those of them that exist.
struct Extent {
  std::ptrdiff_t begin, end, exists_begin, exists_end;
  bool whole;  ///< not cut off far from the image
  bool empty() const { return exists_end <= exists_begin; }
  std::size_t size() const { return static_cast<std::size_t>(end - begin); }
};

Extent extent_of(double low, double high, std::size_t margin, std::size_t n) {
  const double pad = static_cast<double>(margin), last = static_cast<double>(n) + pad;
  const auto whole = [&](double value) { return static_cast<std::ptrdiff_t>(std::clamp(value, -pad, last)); };
  Extent extent{whole(std::floor(low) - pad), whole(std::floor(high) + pad + 1), 0, 0, true};
  extent.whole = std::floor(low) - pad >= -pad && std::floor(high) + pad + 1 <= last;
  extent.exists_begin = std::max<std::ptrdiff_t>(extent.begin, 0);
  extent.exists_end = std::min(extent.end, static_cast<std::ptrdiff_t>(n));
  return extent;
}

}  // namespace

bool InputBlock::load(const PixelSource& image, const PixelLattice::Bounds& bounds, std::size_t margin,
                      const BeamConvolver* convolver) {
  constexpr std::size_t kLanes = KernelTable::kLanes;  // read beyond the last pixel of a row
  const Extent x = extent_of(bounds.x_min, bounds.x_max, margin, image.nx());
  const Extent y = extent_of(bounds.y_min, bounds.y_max, margin, image.ny());
  if (x.empty() || y.empty()) return false;

  const std::size_t stride = x.size() + kLanes;
  const std::size_t size = stride * y.size() + kLanes;
  constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();
  const bool inside =
      x.begin == x.exists_begin && x.end == x.exists_end && y.begin == y.exists_begin && y.end == y.exists_end;
  if (pixels_.size() < size) pixels_.resize(size);
  if (!inside) std::fill_n(pixels_.data(), size, kNoValue);
  const auto at = [](std::ptrdiff_t i) { return static_cast<std::size_t>(i); };
  float* first = pixels_.data() + at(y.exists_begin - y.begin) * stride + at(x.exists_begin - x.begin);
  image.read({at(x.exists_begin), at(x.exists_end), at(y.exists_begin), at(y.exists_end)}, first, stride);

  if (convolver) {
    convolved_.resize(size);
    convolver->convolve(pixels_.data(), x.size(), y.size(), stride, convolved_.data());
    pixels_.swap(convolved_);
  }
  view_ = {pixels_.data(),
           static_cast<std::ptrdiff_t>(stride),
           static_cast<float>(margin),
           static_cast<float>(x.size() - margin),
           static_cast<float>(y.size() - margin),
           bounds.everywhere && x.whole && y.whole};
  origin_ = {static_cast<double>(x.begin), static_cast<double>(y.begin)};
  return true;
}

}  // namespace contimg::mosaic
