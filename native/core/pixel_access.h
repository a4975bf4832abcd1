#pragma once

#include <algorithm>
#include <cstddef>

#include "core/nd_view.h"

namespace contimg {

/// A rectangle of pixels, ends excluded.
struct Window {
  std::size_t x_begin = 0, x_end = 0, y_begin = 0, y_end = 0;
  std::size_t width() const { return x_end - x_begin; }
  std::size_t height() const { return y_end - y_begin; }
  bool empty() const { return x_end <= x_begin || y_end <= y_begin; }
};

/// The pixels that both windows hold; all zero where there are none.
inline Window intersection(const Window& a, const Window& b) {
  const Window both{std::max(a.x_begin, b.x_begin), std::min(a.x_end, b.x_end), std::max(a.y_begin, b.y_begin),
                    std::min(a.y_end, b.y_end)};
  return both.empty() ? Window{} : both;
}

/// An image that is read window by window, from memory or from a file, so that it need not be in memory whole.
class PixelSource {
 public:
  virtual ~PixelSource() = default;
  virtual std::size_t nx() const = 0;
  virtual std::size_t ny() const = 0;

  /// Reads the pixels of `window`, which lies inside the image, to rows that begin `stride` floats apart; NaN where
  /// blank. Any number of threads at once.
  virtual void read(const Window& window, float* out, std::size_t stride) const = 0;
};

/// Pixels that somebody else owns.
class MemoryPixels final : public PixelSource {
 public:
  explicit MemoryPixels(NdView<const float, 2> pixels) : pixels_(pixels) {}
  std::size_t nx() const override { return pixels_.shape(1); }
  std::size_t ny() const override { return pixels_.shape(0); }
  void read(const Window& window, float* out, std::size_t stride) const override {
    for (std::size_t y = window.y_begin; y < window.y_end; ++y, out += stride)
      std::copy_n(pixels_.data() + y * nx() + window.x_begin, window.width(), out);
  }

 private:
  NdView<const float, 2> pixels_;
};

/// An image that is written some rows at a time.
class PixelSink {
 public:
  virtual ~PixelSink() = default;

  /// Writes `n_rows` rows of the image's width, `y` being the first. Threads may write different rows at once.
  virtual void write(std::size_t y, std::size_t n_rows, const float* rows) = 0;
};

class MemorySink final : public PixelSink {
 public:
  explicit MemorySink(NdView<float, 2> pixels) : pixels_(pixels) {}
  void write(std::size_t y, std::size_t n_rows, const float* rows) override {
    std::copy_n(rows, n_rows * pixels_.shape(1), pixels_.data() + y * pixels_.shape(1));
  }

 private:
  NdView<float, 2> pixels_;
};

}  // namespace contimg
