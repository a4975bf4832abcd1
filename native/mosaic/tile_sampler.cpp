// A block of output is sampled from what costs least to what costs most: positions and analytic primary beam from the
// lattice; a primary beam that is an image, bilinearly; and the image itself, only where the beam lets it count.

#include "mosaic/tile_sampler.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "core/error.h"
#include "core/simd.h"
#include "mosaic/interpolated_noise.h"

namespace contimg::mosaic {
namespace {

/// Kernels are stretched from here on; below, what they alias is less than what they leave out.
constexpr double kLeastStretch = 1.1;
/// Stretches that differ by less are taken to be one: both axes have the same kernel.
constexpr double kSquare = 0.01;

/// How much kernels are stretched along each axis of the tile: its pixels per pixel of the output, in the middle of
/// what they share; 1 where that is less, or not known.
PixelMap::Position stretches(const PixelMap& map, const Window& shared) {
  const double x = static_cast<double>(shared.x_begin + shared.x_end) / 2;
  const double y = static_cast<double>(shared.y_begin + shared.y_end) / 2;
  PixelMap::Position step = step_size(map, x, y);
  if (std::abs(step.x - step.y) < kSquare * step.x) step.x = step.y = std::max(step.x, step.y);
  const auto stretch = [](double ratio) { return std::isfinite(ratio) && ratio >= kLeastStretch ? ratio : 1; };
  return {stretch(step.x), stretch(step.y)};
}

/// Multiplies values, and takes those that are not finite out of the mosaic.
CONTIMG_SIMD void scale_values(std::size_t n, float scale, float* values, float* beam) {
  for (std::size_t i = 0; i < n; ++i) {
    beam[i] = std::abs(values[i]) <= std::numeric_limits<float>::max() ? beam[i] : 0;
    values[i] *= scale;
  }
}

/// @returns whether any response reaches the cut-off; the others become 0.
CONTIMG_SIMD bool cut_off(std::size_t n, float cutoff, float* beam) {
  std::int32_t any = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const bool counts = beam[i] >= cutoff;
    beam[i] = counts ? beam[i] : 0;
    any |= counts;
  }
  return any != 0;
}

void check(bool condition, const char* expected) {
  if (!condition) throw Error(code::kInvalidArgument, std::string("Expected ") + expected);
}

}  // namespace

void check_tile(const MosaicTile& tile) {
  const auto fits = [&](const PixelSource& source) {
    return source.nx() == tile.grid.nx && source.ny() == tile.grid.ny;
  };
  check(tile.image && fits(*tile.image), "the image of a tile to have the shape of its grid");
  check(!tile.primary_beam || fits(*tile.primary_beam), "the primary beam of a tile to have the image's shape");
  check(!tile.noise || fits(*tile.noise), "the noise map of a tile to have the image's shape");
  check(tile.primary_beam || tile.radial_beam, "a primary beam for every tile");
  check(tile.noise || (std::isfinite(tile.sigma) && tile.sigma > 0), "sigma > 0");
  check(std::isfinite(tile.scale) && tile.scale > 0, "a flux scale > 0");
  check(!tile.noise_beam || tile.noise_beam->determinant() > 0, "a restoring beam wider than 0");
}

TileSampler::TileSampler(const MosaicTile& tile, const CelestialGrid& output, const SamplingOptions& options)
    : tile_(tile), options_(options), map_(output, tile.grid), footprint_(mosaic::footprint(tile.grid, output)) {
  if (footprint_.empty()) return;
  make_kernels();
  remaining_variance_ = remaining_variance();
}

void TileSampler::make_kernels() {
  if (options_.kernel == Kernel::kAdaptive) return;
  const PixelMap::Position stretch = stretches(map_, footprint_);
  kernel_x_ = std::make_shared<KernelTable>(options_.kernel, stretch.x);
  kernel_y_ = stretch.x == stretch.y ? kernel_x_ : std::make_shared<KernelTable>(options_.kernel, stretch.y);
}

double TileSampler::remaining_variance() const {
  if (!tile_.noise_beam) return 1;
  if (!kernel_x_) {
    const AdaptiveKernel adaptive = adaptive_for(footprint_);
    return adaptive.margin() == 0 ? 1 : smoothed_variance(adaptive.covariance(), *tile_.noise_beam);
  }
  // Pixels of the output that are spread evenly, whatever the pattern of positions that the grids make (Roberts' R2).
  constexpr int kPositions = 256;
  std::vector<PixelMap::Position> positions;
  for (int i = 0; i < kPositions; ++i) {
    const auto pixel = [i](double step, std::size_t begin, std::size_t extent) {
      const double part = std::fmod(0.5 + step * i, 1.0);
      return static_cast<double>(begin) + std::floor(part * static_cast<double>(extent));
    };
    positions.push_back(map_(pixel(0.7548776662466927, footprint_.x_begin, footprint_.width()),
                             pixel(0.5698402909980532, footprint_.y_begin, footprint_.height())));
  }
  return interpolated_variance(*kernel_x_, *kernel_y_, *tile_.noise_beam, positions);
}

AdaptiveKernel TileSampler::adaptive_for(const Window& block) const {
  return {map_, static_cast<double>(block.x_begin + block.x_end) / 2,
          static_cast<double>(block.y_begin + block.y_end) / 2};
}

std::size_t TileSampler::margin(const AdaptiveKernel& adaptive) const {
  const std::size_t of_kernel =
      kernel_x_ ? static_cast<std::size_t>(std::max(kernel_x_->taps(), kernel_y_->taps())) / 2 + 1 : adaptive.margin();
  return std::max<std::size_t>(of_kernel, 2) + (tile_.convolver ? tile_.convolver->half_width() : 0);
}

void TileSampler::sample_pixels(const AdaptiveKernel& adaptive, const Scratch& scratch, std::size_t begin,
                                std::size_t end, float* values) const {
  const InputView& view = scratch.image.view();
  const float *xs = scratch.xs.data() + begin, *ys = scratch.ys.data() + begin;
  if (!kernel_x_)
    adaptive.sample(view, xs, ys, end - begin, values);
  else if (kernel_x_->taps() == 2 && kernel_y_->taps() == 2)
    sample_bilinear(view, xs, ys, end - begin, values);
  else
    mosaic::sample(view, *kernel_x_, *kernel_y_, xs, ys, end - begin, values);
}

void TileSampler::sample_image(const Window& block, Scratch* scratch, std::vector<float>* values) const {
  const std::size_t width = block.width();
  values->assign(width * block.height(), std::nanf(""));
  const Window part = intersection(block, footprint_);
  if (part.empty()) return;
  scratch->lattice.compute(map_, part, nullptr);
  const AdaptiveKernel adaptive = adaptive_for(part);
  if (scratch->lattice.nowhere() ||
      !scratch->image.load(*tile_.image, scratch->lattice.bounds(), margin(adaptive), convolver()))
    return;
  scratch->xs.resize(part.width());
  scratch->ys.resize(part.width());
  for (std::size_t row = 0; row < part.height(); ++row) {
    scratch->lattice.positions(row, scratch->image.origin(), scratch->xs.data(), scratch->ys.data());
    float* out = values->data() + (part.y_begin - block.y_begin + row) * width + (part.x_begin - block.x_begin);
    sample_pixels(adaptive, *scratch, 0, part.width(), out);
  }
}

/// @returns whether the tile counts anywhere in the row
bool TileSampler::sample_beam(std::size_t row, std::size_t n, Scratch* scratch) const {
  float* responses = scratch->responses.data();
  if (tile_.primary_beam)
    sample_bilinear(scratch->beam.view(), scratch->xs.data(), scratch->ys.data(), n, responses);
  else
    scratch->lattice.responses(row, responses);
  return cut_off(n, static_cast<float>(options_.cutoff), responses);
}

/// Of pixels [begin, end) of the row whose positions stand in the scratch.
void TileSampler::sample_variance(std::size_t begin, std::size_t end, Scratch* scratch) const {
  const auto scale = static_cast<float>(std::pow(tile_.scale * tile_.noise_growth, 2) * remaining_variance_);
  float *variances = scratch->variances.data(), *responses = scratch->responses.data();
  if (!tile_.noise) {
    std::fill(variances + begin, variances + end, static_cast<float>(tile_.sigma * tile_.sigma) * scale);
    return;
  }
  sample_bilinear(scratch->noise.view(), scratch->xs.data() + begin, scratch->ys.data() + begin, end - begin,
                  variances + begin);
  for (std::size_t i = begin; i < end; ++i) {
    if (variances[i] > 0 && std::isfinite(variances[i]))
      variances[i] *= variances[i] * scale;
    else
      responses[i] = 0;  // a pixel of unknown noise has no weight
  }
}

bool TileSampler::sample(const Window& block, Scratch* scratch,
                         const std::function<void(const SampledRow&)>& consume) const {
  const Window part = intersection(block, footprint_);
  if (part.empty()) return false;
  const std::size_t width = part.width();
  PixelLattice& lattice = scratch->lattice;
  lattice.compute(map_, part, tile_.primary_beam ? nullptr : &*tile_.radial_beam);
  if (lattice.nowhere()) return false;
  for (auto* values : {&scratch->xs, &scratch->ys, &scratch->values, &scratch->responses, &scratch->variances})
    if (values->size() < width) values->resize(width);

  // All inputs are read with the same margin, so that a position is the same on all of them.
  const AdaptiveKernel adaptive = adaptive_for(part);
  const std::size_t around = margin(adaptive);
  const PixelLattice::Bounds& bounds = lattice.bounds();
  if (tile_.primary_beam && !scratch->beam.load(*tile_.primary_beam, bounds, around, nullptr)) return false;
  bool any = false;
  for (std::size_t row = 0; row < part.height(); ++row) {
    const auto set_positions = [&](const InputBlock& input) {
      lattice.positions(row, input.origin(), scratch->xs.data(), scratch->ys.data());
    };
    if (tile_.primary_beam) set_positions(scratch->beam);
    if (!sample_beam(row, width, scratch)) continue;
    if (!any) {  // the first row where the tile counts
      if (!scratch->image.load(*tile_.image, bounds, around, convolver())) return false;
      if (tile_.noise && !scratch->noise.load(*tile_.noise, bounds, around, nullptr)) return false;
      any = true;
    }
    if (!tile_.primary_beam) set_positions(scratch->image);
    const float* beam = scratch->responses.data();
    std::size_t begin = 0, end = width;
    while (beam[begin] == 0) ++begin;
    while (beam[end - 1] == 0) --end;
    sample_pixels(adaptive, *scratch, begin, end, scratch->values.data() + begin);
    scale_values(end - begin, static_cast<float>(tile_.scale), scratch->values.data() + begin,
                 scratch->responses.data() + begin);
    sample_variance(begin, end, scratch);
    consume({part.y_begin + row, part.x_begin + begin, end - begin, scratch->values.data() + begin, beam + begin,
             scratch->variances.data() + begin});
  }
  return any;
}

}  // namespace contimg::mosaic
