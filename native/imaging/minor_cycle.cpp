// Hogbom's loop on few pixels at a time (Clark 1980, A&A 89, 377), in two levels:
//
//   1. The loop runs on the kMaxInner highest active pixels above their levels, with exact sidelobes, until none of
//      them is higher than the highest that is not among them.
//   2. What was taken is summed per pixel, since one source takes many components at its peak, and subtracted from all
//      other active pixels at once, on all threads. Then the highest are chosen anew.
//
// With up to kMaxInner pixels above their levels in all, and 2^17 pixels in the image, this differs from Hogbom's
// algorithm in one point: a pixel that sidelobes raise above its level waits until step 2.
#include "imaging/minor_cycle.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/parallel.h"
#include "core/simd.h"
#include "imaging/rank_select.h"

namespace contimg::imaging {
namespace {

constexpr std::size_t kMaxActive = std::size_t{1} << 17;
constexpr std::size_t kMaxInner = 4096;  // a component costs some us then
constexpr std::size_t kPixelsPerTask = 4096;
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// A PSF that is cut off, at half the image, has negative eigenvalues, which make a minor cycle diverge in the end: it
/// is over once the highest pixel has grown to this many times its lowest value so far.
constexpr float kGrowth = 1.1f;

/// The lowest of the `n` highest values; 0 where there are not more than `n`.
float lowest_of_highest(const std::vector<float>& values, std::size_t n) {
  if (values.size() <= n) return 0;
  return value_of_rank(values.size(), values.size() - n, [&](std::size_t i) { return values[i]; });
}

struct PixelFlux {
  int y, x;
  float flux;
};

/// value -= flux * PSF centered on the component, for pixels of one image in its order.
CONTIMG_SIMD void subtract_psf(const int* index, const int* x, std::size_t n, const float* psf, int ny, int nx,
                               PixelFlux component, float* __restrict value) {
  const int offset_x = nx / 2 - component.x, offset_y = ny / 2 - component.y, offset = offset_y * nx + offset_x;
  const int *first = std::lower_bound(index, index + n, std::max(0, -offset_y) * nx),
            *last = std::lower_bound(first, index + n, std::min(ny, ny - offset_y) * nx);
  const float flux = component.flux;
  const auto end = static_cast<std::size_t>(last - index);
  for (auto i = static_cast<std::size_t>(first - index); i < end; ++i) {
    // Pixels that the PSF does not reach take 0 times some pixel of it: without a branch, this is a gather.
    const int inside = static_cast<unsigned>(x[i] + offset_x) < static_cast<unsigned>(nx);
    value[i] -= static_cast<float>(inside) * flux * psf[(index[i] + offset) * inside];
  }
}

/// The index of the highest magnitude above its level, the first of equals, or kNone.
CONTIMG_SIMD std::size_t highest_of(const float* value, const float* level, std::size_t n) {
  // Floats that are not negative are ordered as their bits are; integers make a maximum that vectorizes.
  int highest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    int bits, level_bits;
    std::memcpy(&bits, value + i, sizeof bits);
    std::memcpy(&level_bits, level + i, sizeof level_bits);
    bits &= 0x7fffffff;
    bits = bits > level_bits ? bits : 0;
    highest = highest > bits ? highest : bits;
  }
  if (highest == 0) return kNone;
  float peak;
  std::memcpy(&peak, &highest, sizeof peak);
  for (std::size_t i = 0; i < n; ++i)
    if (std::abs(value[i]) == peak && peak > level[i]) return i;
  return kNone;
}

/// The highest active pixels above their levels.
struct InnerPixels {
  ActivePixels pixels;
  std::vector<std::size_t> place;  ///< among the active ones
  float cut = 0;                   ///< those above their levels that are left out are not higher
};

InnerPixels select_inner(const ActivePixels& active) {
  std::vector<float> magnitudes;
  for (std::size_t i = 0; i < active.value.size(); ++i)
    if (std::abs(active.value[i]) > active.level[i]) magnitudes.push_back(std::abs(active.value[i]));
  InnerPixels inner;
  inner.cut = lowest_of_highest(magnitudes, kMaxInner);
  for (std::size_t i = 0; i < active.value.size() && inner.place.size() < kMaxInner; ++i) {
    const float magnitude = std::abs(active.value[i]);
    if (!(magnitude > active.level[i]) || magnitude < inner.cut) continue;
    inner.place.push_back(i);
    inner.pixels.index.push_back(active.index[i]);
    inner.pixels.x.push_back(active.x[i]);
    inner.pixels.value.push_back(active.value[i]);
    inner.pixels.level.push_back(active.level[i]);
  }
  return inner;
}

class MinorLoop {
 public:
  MinorLoop(ActivePixels& active, NdView<const float, 2> psf, const MinorCycleOptions& options)
      : active_(active),
        psf_(psf),
        options_(options),
        ny_(static_cast<int>(psf.shape(0))),
        nx_(static_cast<int>(psf.shape(1))) {}

  std::size_t run(NdView<float, 2> model, const JobContext& context) {
    std::size_t n = 0;
    float lowest = std::numeric_limits<float>::max();  // of the highest pixels at the start of each round
    for (bool grows = false; n < options_.max_components && !grows;) {
      InnerPixels inner = select_inner(active_);
      const float peak = peak_of(inner.pixels);
      if (inner.place.empty() || peak > kGrowth * lowest) break;
      lowest = std::min(lowest, peak);
      std::vector<float> taken(inner.place.size(), 0.0f);
      n += inner_loop(inner, options_.max_components - n, taken, grows, context);
      std::vector<PixelFlux> components;
      for (std::size_t i = 0; i < taken.size(); ++i) {
        if (taken[i] == 0) continue;
        components.push_back({inner.pixels.index[i] / nx_, inner.pixels.x[i], taken[i]});
        model(components.back().y, components.back().x) += taken[i];
      }
      update_active(components, context);
      for (std::size_t i = 0; i < taken.size(); ++i) active_.value[inner.place[i]] = inner.pixels.value[i];
    }
    return n;
  }

 private:
  static float peak_of(const ActivePixels& pixels) {
    const std::size_t i = highest_of(pixels.value.data(), pixels.level.data(), pixels.value.size());
    return i == kNone ? 0 : std::abs(pixels.value[i]);
  }

  /// @param taken  flux taken from each inner pixel
  /// @param grows  set where the highest pixel began to grow
  /// @returns the number of components
  std::size_t inner_loop(InnerPixels& inner, std::size_t max_components, std::vector<float>& taken, bool& grows,
                         const JobContext& context) {
    ActivePixels& p = inner.pixels;
    float lowest = std::numeric_limits<float>::max();
    std::size_t n = 0;
    for (; n < max_components; ++n) {
      if (n % 1024 == 0) context.checkpoint();
      const std::size_t i = highest_of(p.value.data(), p.level.data(), p.value.size());
      if (i == kNone || std::abs(p.value[i]) < inner.cut) break;
      const float peak = std::abs(p.value[i]);
      grows = peak > kGrowth * lowest;
      if (grows) break;
      lowest = std::min(lowest, peak);
      const float flux = static_cast<float>(options_.gain) * p.value[i];
      taken[i] += flux;
      subtract_psf(p.index.data(), p.x.data(), p.value.size(), psf_.data(), ny_, nx_, {p.index[i] / nx_, p.x[i], flux},
                   p.value.data());
    }
    return n;
  }

  void update_active(const std::vector<PixelFlux>& components, const JobContext& context) {
    const std::size_t n = active_.value.size(), n_tasks = (n + kPixelsPerTask - 1) / kPixelsPerTask;
    parallel_for(n_tasks, options_.threads, [&](std::size_t task) {
      context.checkpoint();
      const std::size_t first = task * kPixelsPerTask, count = std::min(kPixelsPerTask, n - first);
      for (const PixelFlux& component : components)
        subtract_psf(&active_.index[first], &active_.x[first], count, psf_.data(), ny_, nx_, component,
                     &active_.value[first]);
    });
  }

  ActivePixels& active_;
  NdView<const float, 2> psf_;
  const MinorCycleOptions& options_;
  const int ny_, nx_;
};

/// The lowest magnitude of the kMaxActive highest pixels; 0 where there are not so many.
float active_level(NdView<const float, 2> residual) {
  std::vector<float> magnitudes;
  magnitudes.reserve(residual.size());
  for (const float value : residual)
    if (!std::isnan(value)) magnitudes.push_back(std::abs(value));
  return lowest_of_highest(magnitudes, kMaxActive);
}

}  // namespace

ActivePixels select_active(NdView<const float, 2> residual, const LevelsOfRow& levels_of_row) {
  ActivePixels active;
  const float kept_above = active_level(residual);
  const std::size_t nx = residual.shape(1);
  std::vector<float> levels(nx);
  for (std::size_t y = 0; y < residual.shape(0); ++y) {
    levels_of_row(y, levels.data());
    for (std::size_t x = 0; x < nx; ++x) {
      const float value = residual(y, x);
      const bool may_rise = std::abs(value) >= kept_above && std::isfinite(levels[x]);
      if (!(std::abs(value) > levels[x]) && !may_rise) continue;
      active.index.push_back(static_cast<int>(y * nx + x));
      active.x.push_back(static_cast<int>(x));
      active.value.push_back(value);
      active.level.push_back(levels[x]);
    }
  }
  return active;
}

std::size_t minor_cycle(ActivePixels& active, NdView<const float, 2> psf, const MinorCycleOptions& options,
                        NdView<float, 2> model, const JobContext& context) {
  return MinorLoop(active, psf, options).run(model, context);
}

}  // namespace contimg::imaging
