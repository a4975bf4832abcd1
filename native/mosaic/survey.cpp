#include "mosaic/survey.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/median.h"
#include "core/parallel.h"
#include "core/simd_vector.h"
#include "mosaic/pixel_lattice.h"

namespace contimg::mosaic {
namespace {

constexpr std::size_t kStripHeight = 16;  // image and beam stay in a core's cache
constexpr std::size_t kRmsPixels = 300000;

/// What a strip of rows shows.
struct Strip {
  std::vector<std::size_t> first_x, last_x;   ///< per row; first > last where A is below the cut-off
  std::vector<std::int32_t> first_y, last_y;  ///< per column; last is -1 where A is below the cut-off
  std::vector<float> sample;                  ///< of the noise map, or the image, where pixels count
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

/// Also sets first_y, where it is greater, and last_y of the columns that reach the cut-off to y.
CONTIMG_SIMD RowSums sum_row(const float* beam, const float* image, std::size_t n, float cutoff, std::int32_t y,
                             std::int32_t* first_y, std::int32_t* last_y) {
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
    const LaneMask first = load(first_y + i), last = load(last_y + i);
    store(first_y + i, reaches & (first > y) ? LaneMask{} + y : first);
    store(last_y + i, reaches ? LaneMask{} + y : last);
  }
  RowSums sums;
  for (int lane = 0; lane < 8; ++lane) sums.add(reaching[lane], counting[lane], beam_peak[lane], peak[lane]);
  for (; i < n; ++i) {
    const bool reaches = beam[i] >= cutoff, counts = reaches && std::isfinite(image[i]);
    sums.add(reaches, counts, beam[i] > 0 ? beam[i] : 0, counts ? image[i] : kNone);
    if (!reaches) continue;
    first_y[i] = std::min(first_y[i], y);
    last_y[i] = y;
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
    std::vector<float> image(nx * height), beam(nx * height);
    tile_.image->read(window, image.data(), nx);
    read_beam(window, beam.data());
    std::vector<float> noise;
    if (measures_rms_ && tile_.noise) {
      noise.resize(nx * height);
      tile_.noise->read(window, noise.data(), nx);
    }
    Strip strip{std::vector<std::size_t>(height, nx),
                std::vector<std::size_t>(height, 0),
                std::vector<std::int32_t>(nx, std::numeric_limits<std::int32_t>::max()),
                std::vector<std::int32_t>(nx, -1),
                {}};
    for (std::size_t row = 0; row < height; ++row)
      survey_row(beam.data() + row * nx, image.data() + row * nx, y_begin + row, row, &strip);
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

  void survey_row(const float* beam, const float* image, std::size_t y, std::size_t row, Strip* strip) const {
    const std::size_t nx = tile_.grid.nx;
    const RowSums sums =
        sum_row(beam, image, nx, cutoff_, static_cast<std::int32_t>(y), strip->first_y.data(), strip->last_y.data());
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

  void sample(const std::vector<float>& image, const std::vector<float>& beam, const std::vector<float>& noise,
              std::size_t y_begin, Strip* strip) const {
    const std::size_t nx = tile_.grid.nx;
    for (std::size_t row = 0; row < strip->first_x.size(); ++row) {
      if ((y_begin + row) % step_ != 0) continue;
      for (std::size_t x = strip->first_x[row]; x <= strip->last_x[row] && x < nx; x += step_) {
        const std::size_t i = row * nx + x;
        if (!(beam[i] >= cutoff_) || !std::isfinite(image[i])) continue;
        if (noise.empty())
          strip->sample.push_back(image[i]);
        else if (noise[i] > 0 && std::isfinite(noise[i]))
          strip->sample.push_back(noise[i]);
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

/// First and last pixel of every row and column at the cut-off: between them they hold the whole border of the part, so
/// its extent in any projection is theirs.
std::vector<Direction> outline_of(const CelestialGrid& grid, const std::vector<Strip>& strips) {
  std::vector<Direction> outline;
  const PixelMap map(grid, grid);
  const auto add = [&](std::size_t x, std::size_t y) {
    const Vec3 direction = map.direction(static_cast<double>(x), static_cast<double>(y));
    if (!std::isnan(direction.x)) outline.push_back(direction_of(direction));
  };
  for (std::size_t s = 0; s < strips.size(); ++s)
    for (std::size_t row = 0; row < strips[s].first_x.size(); ++row) {
      if (strips[s].first_x[row] > strips[s].last_x[row]) continue;
      add(strips[s].first_x[row], s * kStripHeight + row);
      add(strips[s].last_x[row], s * kStripHeight + row);
    }
  for (std::size_t x = 0; x < grid.nx; ++x) {
    std::int32_t first = std::numeric_limits<std::int32_t>::max(), last = -1;
    for (const Strip& strip : strips) {
      first = std::min(first, strip.first_y[x]);
      last = std::max(last, strip.last_y[x]);
    }
    if (last < 0) continue;
    add(x, static_cast<std::size_t>(first));
    add(x, static_cast<std::size_t>(last));
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
