#include "imaging/weighting.h"

#include <cmath>
#include <limits>
#include <string>

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
    std::int64_t x = wrapped(std::llround(u), nx_), y = wrapped(std::llround(v), ny_);
    if (2 * y > ny_ || (y == wrapped(-y, ny_) && 2 * x > nx_)) x = wrapped(-x, nx_), y = wrapped(-y, ny_);
    return static_cast<std::size_t>(y * nx_ + x);
  }
  /// A visibility whose conjugate falls into the same cell counts twice.
  void add(std::size_t cell, double weight) { sums_.data()[cell] += own_mirror(cell) ? 2 * weight : weight; }
  double at(std::size_t cell) const { return sums_.data()[cell]; }

  /// Sum of the squares of all cells.
  double power() const {
    double sum = 0;
    for (std::size_t cell = 0; cell < sums_.size(); ++cell) sum += (own_mirror(cell) ? 1 : 2) * at(cell) * at(cell);
    return sum;
  }

 private:
  static std::int64_t wrapped(std::int64_t i, std::int64_t n) { return ((i % n) + n) % n; }
  bool own_mirror(std::size_t cell) const {
    const std::int64_t x = static_cast<std::int64_t>(cell) % nx_, y = static_cast<std::int64_t>(cell) / nx_;
    return x == wrapped(-x, nx_) && y == wrapped(-y, ny_);
  }

  std::int64_t nx_, ny_;
  NdArray<double, 2> sums_;
};

/// Calls body(cell, weight) for every weight above 0.
template <typename Body>
void for_each_weight(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, const ImageGrid& grid,
                     const Density& density, NdView<float, 2> weights, const Body& body) {
  const double u_scale = grid.cell_rad * grid.nx / kSpeedOfLight, v_scale = grid.cell_rad * grid.ny / kSpeedOfLight;
  for (std::size_t row = 0; row < uvw_m.size(); ++row) {
    for (std::size_t channel = 0; channel < freq_hz.size(); ++channel) {
      float& weight = weights(row, channel);
      if (weight == 0) continue;
      const double u = uvw_m(row).x * freq_hz(channel) * u_scale, v = uvw_m(row).y * freq_hz(channel) * v_scale;
      if (!(weight > 0 && weight <= std::numeric_limits<float>::max()) || !(std::abs(u) < 1e15 && std::abs(v) < 1e15))
        refuse("Expected finite weights >= 0 and finite uvw but row " + std::to_string(row) + ", channel " +
               std::to_string(channel) + " has weight " + std::to_string(weight) + ", u " +
               std::to_string(uvw_m(row).x) + " m, v " + std::to_string(uvw_m(row).y) + " m");
      body(density.cell(u, v), weight);
    }
  }
}

}  // namespace

void apply_weighting(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, const ImageGrid& grid,
                     const Weighting& weighting, NdView<float, 2> weights) {
  if (weights.shape(0) != uvw_m.size() || weights.shape(1) != freq_hz.size())
    refuse("Expected weights of " + std::to_string(uvw_m.size()) + " rows and " + std::to_string(freq_hz.size()) +
           " channels but received " + std::to_string(weights.shape(0)) + " x " + std::to_string(weights.shape(1)));
  if (grid.nx < 2 || grid.ny < 2 || !(grid.cell_rad > 0)) refuse("Expected an image with pixels and a positive cell");
  if (weighting.scheme == WeightingScheme::kNatural) return;
  const bool briggs = weighting.scheme == WeightingScheme::kBriggs;
  if (briggs && !(std::abs(weighting.robust) <= 4))
    refuse("Expected robust from -4 to 4 but received " + std::to_string(weighting.robust));

  Density density(grid);
  double total = 0;
  for_each_weight(uvw_m, freq_hz, grid, density, weights, [&](std::size_t cell, float weight) {
    density.add(cell, weight);
    total += 2.0 * weight;
  });
  const double scale = 5 * std::pow(10.0, -weighting.robust);
  const double f2 = briggs && total > 0 ? scale * scale * total / density.power() : 0;
  for_each_weight(uvw_m, freq_hz, grid, density, weights, [&](std::size_t cell, float& weight) {
    weight = static_cast<float>(weight / (briggs ? 1 + density.at(cell) * f2 : density.at(cell)));
  });
}

}  // namespace contimg::imaging
