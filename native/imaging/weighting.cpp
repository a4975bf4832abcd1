#include "imaging/weighting.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/constants.h"
#include "core/error.h"
#include "core/nd_array.h"

namespace contimg::imaging {
namespace {

[[noreturn]] void refuse(const std::string& message) { throw Error(code::kInvalidArgument, message); }

/// Summed weights of the uv cells. A cell and its mirror image hold the same, so one of the two is kept: v >= 0.
class Density {
 public:
  explicit Density(const ImageGrid& grid)
      : nx_(static_cast<std::int64_t>(grid.nx)),
        ny_(static_cast<std::int64_t>(grid.ny)),
        sums_({grid.ny / 2 + 1, grid.nx}) {}

  /// Index of the kept cell at (u, v), which are in cells.
  std::size_t cell(double u, double v) const {
    std::int64_t x = wrapped(std::llrint(u), nx_), y = wrapped(std::llrint(v), ny_);
    if (2 * y > ny_ || (y == wrapped(-y, ny_) && 2 * x > nx_)) x = wrapped(-x, nx_), y = wrapped(-y, ny_);
    return static_cast<std::size_t>(y * nx_ + x);
  }

  /// A visibility whose conjugate falls into the same cell counts twice.
  void add(std::size_t cell, double weight) {
    double& sum = sums_.data()[cell];
    if (sum == 0) used_.push_back(cell);
    sum += own_mirror(cell) ? 2 * weight : weight;
  }
  double at(std::size_t cell) const { return sums_.data()[cell]; }

  /// Sum of the squares of all cells over their sum, which is that of all weights; 0 where there are none.
  double mean() const {
    double sum = 0, squares = 0;
    for (const std::size_t cell : used_) {
      const double cells = own_mirror(cell) ? 1 : 2;
      sum += cells * at(cell);
      squares += cells * at(cell) * at(cell);
    }
    return sum > 0 ? squares / sum : 0;
  }

  void clear() {
    for (const std::size_t cell : used_) sums_.data()[cell] = 0;
    used_.clear();
  }

 private:
  static std::int64_t wrapped(std::int64_t i, std::int64_t n) {
    if (i >= n || i < -n) i %= n;
    return i < 0 ? i + n : i;
  }
  bool own_mirror(std::size_t cell) const {
    const std::int64_t x = static_cast<std::int64_t>(cell) % nx_, y = static_cast<std::int64_t>(cell) / nx_;
    return (2 * x == nx_ || x == 0) && (2 * y == ny_ || y == 0);
  }

  std::int64_t nx_, ny_;
  NdArray<double, 2> sums_;
  std::vector<std::size_t> used_;  ///< cells with a sum
};

/// The visibilities of the channels [first, end), with weights that change.
class Samples {
 public:
  Samples(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<float, 2> weights)
      : uvw_m_(uvw_m), freq_hz_(freq_hz), weights_(weights) {}

  /// Calls body(u, v, weight), u and v in wavelengths, for every weight above 0.
  template <typename Body>
  void for_each(std::size_t first, std::size_t end, const Body& body) const {
    for (std::size_t row = 0; row < uvw_m_.size(); ++row)
      for (std::size_t channel = first; channel < end; ++channel) {
        float& weight = weights_(row, channel);
        if (weight == 0) continue;
        const double per_m = freq_hz_(channel) / kSpeedOfLight;
        const double u = uvw_m_(row).x * per_m, v = uvw_m_(row).y * per_m;
        if (!(weight > 0 && weight <= std::numeric_limits<float>::max()) || !(std::abs(u) < 1e15 && std::abs(v) < 1e15))
          refuse_sample(row, channel);
        body(u, v, weight);
      }
  }

 private:
  [[noreturn]] void refuse_sample(std::size_t row, std::size_t channel) const {
    refuse("Expected finite weights >= 0 and finite uvw but row " + std::to_string(row) + ", channel " +
           std::to_string(channel) + " has weight " + std::to_string(weights_(row, channel)) + ", u " +
           std::to_string(uvw_m_(row).x) + " m, v " + std::to_string(uvw_m_(row).y) + " m");
  }

  NdView<const Vec3, 1> uvw_m_;
  NdView<const double, 1> freq_hz_;
  NdView<float, 2> weights_;
};

/// Step 1. Rows of baselines out of the range lose all weights, others those of the channels that are out of it.
void select_range(NdView<const Vec3, 1> uvw_m, const Samples& samples, const UvRange& range, NdView<float, 2> weights) {
  if (range.min_m > 0 || std::isfinite(range.max_m))
    for (std::size_t row = 0; row < uvw_m.size(); ++row) {
      const double length = norm(uvw_m(row));
      if (length < range.min_m || length > range.max_m)
        std::fill_n(weights.data() + row * weights.shape(1), weights.shape(1), 0.0f);
    }
  if (range.min_wavelengths > 0 || std::isfinite(range.max_wavelengths))
    samples.for_each(0, weights.shape(1), [&](double u, double v, float& weight) {
      const double distance = std::sqrt(u * u + v * v);
      if (distance < range.min_wavelengths || distance > range.max_wavelengths) weight = 0;
    });
}

/// Step 2 for the channels [first, end), by the density of these alone.
void divide_by_density(const Samples& samples, std::size_t first, std::size_t end, const ImageGrid& grid,
                       const Weighting& weighting, Density& density) {
  density.clear();
  const double u_cells = grid.cell_rad * grid.nx, v_cells = grid.cell_rad * grid.ny;
  const auto cell = [&](double u, double v) { return density.cell(u * u_cells, v * v_cells); };
  samples.for_each(first, end, [&](double u, double v, float weight) { density.add(cell(u, v), weight); });
  const double scale = 5 * std::pow(10.0, -weighting.robust), mean = density.mean();
  const double f2 = mean > 0 ? scale * scale / mean : 0;
  const bool briggs = weighting.scheme == WeightingScheme::kBriggs;
  samples.for_each(first, end, [&](double u, double v, float& weight) {
    const double sum = density.at(cell(u, v));
    weight = static_cast<float>(weight / (briggs ? 1 + sum * f2 : sum));
  });
}

/// Step 3.
void apply_taper(const Samples& samples, std::size_t n_channels, const UvTaper& taper, const UvRange& range) {
  if (taper.fwhm_rad == 0 && taper.inner_wavelengths == 0 && taper.outer_wavelengths == 0) return;
  const double gaussian = kPi * kPi * taper.fwhm_rad * taper.fwhm_rad / (4 * std::log(2.0));
  const auto tukey = [](double beyond, double width) {
    return beyond < width ? 0.5 * (1 - std::cos(kPi * beyond / width)) : 1.0;
  };
  samples.for_each(0, n_channels, [&](double u, double v, float& weight) {
    const double squared = u * u + v * v, distance = std::sqrt(squared);
    weight *= static_cast<float>(std::exp(-gaussian * squared) *
                                 tukey(distance - range.min_wavelengths, taper.inner_wavelengths) *
                                 tukey(range.max_wavelengths - distance, taper.outer_wavelengths));
  });
}

void check(const Weighting& weighting) {
  const UvRange& range = weighting.range;
  const UvTaper& taper = weighting.taper;
  if (weighting.scheme == WeightingScheme::kBriggs && !(std::abs(weighting.robust) <= 4))
    refuse("Expected robust from -4 to 4 but received " + std::to_string(weighting.robust));
  if (!(range.min_wavelengths < range.max_wavelengths) || !(range.min_m < range.max_m))
    refuse("Expected uv ranges whose end is above their start but received " + std::to_string(range.min_wavelengths) +
           " to " + std::to_string(range.max_wavelengths) + " wavelengths, " + std::to_string(range.min_m) + " to " +
           std::to_string(range.max_m) + " m");
  for (const double width : {taper.fwhm_rad, taper.inner_wavelengths, taper.outer_wavelengths})
    if (!(width >= 0 && std::isfinite(width)))
      refuse("Expected finite widths of tapers >= 0 but received " + std::to_string(width));
  if (taper.outer_wavelengths > 0 && !std::isfinite(range.max_wavelengths))
    refuse("Expected a maximum of the uv range in wavelengths, at which the outer Tukey taper ends");
}

}  // namespace

void apply_weighting(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, const ImageGrid& grid,
                     const Weighting& weighting, NdView<float, 2> weights) {
  const std::size_t n_channels = freq_hz.size();
  if (weights.shape(0) != uvw_m.size() || weights.shape(1) != n_channels)
    refuse("Expected weights of " + std::to_string(uvw_m.size()) + " rows and " + std::to_string(n_channels) +
           " channels but received " + std::to_string(weights.shape(0)) + " x " + std::to_string(weights.shape(1)));
  if (grid.nx < 2 || grid.ny < 2 || !(grid.cell_rad > 0)) refuse("Expected an image with pixels and a positive cell");
  check(weighting);

  const Samples samples(uvw_m, freq_hz, weights);
  select_range(uvw_m, samples, weighting.range, weights);
  if (weighting.scheme != WeightingScheme::kNatural) {
    Density density(grid);
    const std::size_t step = weighting.density == WeightDensity::kOneChannel ? 1 : n_channels;
    for (std::size_t first = 0; first < n_channels; first += step)
      divide_by_density(samples, first, first + step, grid, weighting, density);
  } else {
    samples.for_each(0, n_channels, [](double, double, float) {});  // refuses what the other schemes do
  }
  apply_taper(samples, n_channels, weighting.taper, weighting.range);
}

}  // namespace contimg::imaging
