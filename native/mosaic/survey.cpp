#include "mosaic/survey.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/median.h"
#include "core/nd_array.h"
#include "core/parallel.h"
#include "core/simd_vector.h"
#include "mosaic/pixel_lattice.h"

namespace contimg::mosaic {
namespace {

constexpr std::size_t kStripHeight = 16;  // image and beam stay in a core's cache
constexpr std::size_t kRmsPixels = 300000;
constexpr double kOutlineStep = 8;  // pixels: what is straight in a tile bends by less than 0.003 of them in a mosaic

using Pixels = NdArray<float, 2>;

/// What a strip of rows shows.
struct Strip {
  std::vector<std::size_t> first_x, last_x;  ///< per row; first > last where A is below the cut-off
  std::vector<float> sample;                 ///< of the noise map, or the image, where pixels count
  std::size_t counting = 0;
  float beam_peak = 0, peak = -std::numeric_limits<float>::infinity();
};

/// Numbers of pixels that count, and the largest of A and I, in one row.
struct RowSums {
  std::int32_t reaching = 0, counting = 0;
  float beam_peak = 0, peak = -std::numeric_limits<float>::infinity();

  void add(std::int32_t reaches, std::int32_t counts, float beam, float image) {
    reaching += reaches;
    counting += counts;
    beam_peak = std::max(beam_peak, beam);
    peak = std::max(peak, image);
  }
};

CONTIMG_SIMD RowSums sum_row(const float* beam, const float* image, std::size_t n, float cutoff) {
  using V = Vector<float>;
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  V beam_peak = V{}, peak = V{} + kNone;
  LaneMask reaching{}, counting{};
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const V a = load(beam + i), value = load(image + i);
    const LaneMask reaches = a >= cutoff, counts = reaches & (value - value == 0);
    reaching -= reaches;
    counting -= counts;
    beam_peak = a > beam_peak ? a : beam_peak;
    peak = counts & (value > peak) ? value : peak;
  }
  RowSums sums;
  for (int lane = 0; lane < 8; ++lane) sums.add(reaching[lane], counting[lane], beam_peak[lane], peak[lane]);
  for (; i < n; ++i) {
    const bool reaches = beam[i] >= cutoff, counts = reaches && std::isfinite(image[i]);
    sums.add(reaches, counts, beam[i] > 0 ? beam[i] : 0, counts ? image[i] : kNone);
  }
  return sums;
}

class Surveyor {
 public:
  Surveyor(const MosaicTile& tile, double cutoff, bool measures_rms)
      : tile_(tile),
        cutoff_(static_cast<float>(cutoff)),
        measures_rms_(measures_rms),
        to_itself_(tile.grid, tile.grid),
        step_(std::max<std::size_t>(
            1, static_cast<std::size_t>(std::sqrt(static_cast<double>(tile.grid.nx * tile.grid.ny) / kRmsPixels)))) {}

  Strip survey(std::size_t y_begin, std::size_t y_end) const {
    const Window window{0, tile_.grid.nx, y_begin, y_end};
    const std::size_t nx = window.width(), height = window.height();
    auto image = Pixels::uninitialized({height, nx}), beam = Pixels::uninitialized({height, nx});
    tile_.image->read(window, image.data(), nx);
    read_beam(window, beam.data());
    Pixels noise;
    if (measures_rms_ && tile_.noise) {
      noise = Pixels::uninitialized({height, nx});
      tile_.noise->read(window, noise.data(), nx);
    }
    Strip strip{std::vector<std::size_t>(height, nx), std::vector<std::size_t>(height, 0), {}};
    for (std::size_t row = 0; row < height; ++row) survey_row(&beam(row, 0), &image(row, 0), row, &strip);
    if (measures_rms_) sample(image, beam, noise, y_begin, &strip);
    return strip;
  }

 private:
  void read_beam(const Window& window, float* beam) const {
    if (tile_.primary_beam) return tile_.primary_beam->read(window, beam, window.width());
    PixelLattice lattice;
    lattice.compute(to_itself_, window, &*tile_.radial_beam);
    for (std::size_t row = 0; row < window.height(); ++row) lattice.responses(row, beam + row * window.width());
  }

  void survey_row(const float* beam, const float* image, std::size_t row, Strip* strip) const {
    const std::size_t nx = tile_.grid.nx;
    const RowSums sums = sum_row(beam, image, nx, cutoff_);
    strip->counting += static_cast<std::size_t>(sums.counting);
    strip->beam_peak = std::max(strip->beam_peak, sums.beam_peak);
    strip->peak = std::max(strip->peak, sums.peak);
    if (sums.reaching == 0) return;
    std::size_t first = 0, last = nx - 1;
    while (!(beam[first] >= cutoff_)) ++first;
    while (!(beam[last] >= cutoff_)) --last;
    strip->first_x[row] = first;
    strip->last_x[row] = last;
  }

  void sample(const Pixels& image, const Pixels& beam, const Pixels& noise, std::size_t y_begin, Strip* strip) const {
    const std::size_t nx = tile_.grid.nx;
    for (std::size_t row = 0; row < strip->first_x.size(); ++row) {
      if ((y_begin + row) % step_ != 0) continue;
      for (std::size_t x = strip->first_x[row]; x <= strip->last_x[row] && x < nx; x += step_) {
        if (!(beam(row, x) >= cutoff_) || !std::isfinite(image(row, x))) continue;
        if (noise.empty())
          strip->sample.push_back(image(row, x));
        else if (noise(row, x) > 0 && std::isfinite(noise(row, x)))
          strip->sample.push_back(noise(row, x));
      }
    }
  }

  const MosaicTile& tile_;
  float cutoff_;
  bool measures_rms_;
  PixelMap to_itself_;
  std::size_t step_;
};

/// @param values  of a noise map, or of the image
double rms_of(std::vector<float> values, bool is_noise) {
  if (values.empty()) return std::nan("");
  if (is_noise) return upper_median(values);
  const float center = upper_median(values);
  for (float& value : values) value = std::abs(value - center);
  return 1.4826 * upper_median(values);
}

struct Corner {
  std::int64_t x, y;
};

/// Adds a corner to one side of a convex outline, and takes away those that are within it then.
/// @param side  1 for the left side, -1 for the right, both upwards
void extend(std::int64_t side, const Corner& next, std::vector<Corner>* corners) {
  const auto turns_outwards = [&](const Corner& a, const Corner& b) {
    return side * ((b.x - a.x) * (next.y - b.y) - (b.y - a.y) * (next.x - b.x)) >= 0;
  };
  while (corners->size() >= 2 && turns_outwards(corners->end()[-2], corners->back())) corners->pop_back();
  corners->push_back(next);
}

/// The smallest convex polygon around all pixels that reach the cut-off.
std::vector<Corner> hull_of(const std::vector<Strip>& strips) {
  std::vector<Corner> left, right;
  for (std::size_t s = 0; s < strips.size(); ++s)
    for (std::size_t row = 0; row < strips[s].first_x.size(); ++row) {
      const std::size_t first = strips[s].first_x[row], last = strips[s].last_x[row];
      if (first > last) continue;
      const auto y = static_cast<std::int64_t>(s * kStripHeight + row);
      extend(1, {static_cast<std::int64_t>(first), y}, &left);
      extend(-1, {static_cast<std::int64_t>(last), y}, &right);
    }
  left.insert(left.end(), right.rbegin(), right.rend());
  return left;
}

std::vector<Direction> outline_of(const CelestialGrid& grid, const std::vector<Strip>& strips) {
  std::vector<Direction> outline;
  const PixelMap map(grid, grid);
  const std::vector<Corner> hull = hull_of(strips);
  for (std::size_t i = 0; i < hull.size(); ++i) {
    const Corner &from = hull[i], &to = hull[(i + 1) % hull.size()];
    const auto dx = static_cast<double>(to.x - from.x), dy = static_cast<double>(to.y - from.y);
    const double steps = std::max(1.0, std::ceil(std::max(std::abs(dx), std::abs(dy)) / kOutlineStep));
    for (double step = 0; step < steps; ++step) {
      const Vec3 direction = map.direction(static_cast<double>(from.x) + dx * step / steps,
                                           static_cast<double>(from.y) + dy * step / steps);
      if (!std::isnan(direction.x)) outline.push_back(direction_of(direction));
    }
  }
  return outline;
}

}  // namespace

TileSurvey survey_tile(const MosaicTile& tile, double cutoff, bool measures_rms, unsigned threads,
                       const JobContext& context) {
  check_tile(tile);
  const Surveyor surveyor(tile, cutoff, measures_rms);
  std::vector<Strip> strips((tile.grid.ny + kStripHeight - 1) / kStripHeight);
  std::atomic<std::size_t> done{0};
  parallel_for(strips.size(), threads, [&](std::size_t i) {
    context.checkpoint(static_cast<double>(done++) / static_cast<double>(strips.size()));
    strips[i] = surveyor.survey(i * kStripHeight, std::min((i + 1) * kStripHeight, tile.grid.ny));
  });
  TileSurvey survey;
  std::vector<float> sample;
  float beam_peak = 0, peak = -std::numeric_limits<float>::infinity();
  for (const Strip& strip : strips) {
    survey.counting += strip.counting;
    beam_peak = std::max(beam_peak, strip.beam_peak);
    peak = std::max(peak, strip.peak);
    sample.insert(sample.end(), strip.sample.begin(), strip.sample.end());
  }
  survey.outline = outline_of(tile.grid, strips);
  survey.beam_peak = beam_peak;
  survey.peak = survey.counting > 0 ? peak : std::nan("");
  survey.rms = rms_of(std::move(sample), tile.noise != nullptr);
  return survey;
}

}  // namespace contimg::mosaic
