#include "imaging/joint_grid.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>

#include "coordinates/tile_center.h"
#include "core/constants.h"
#include "core/error.h"
#include "imaging/image_plan.h"
#include "imaging/tile_summary.h"

namespace contimg::imaging {
namespace {

constexpr double kFarthest = 30 * kDegree;  // beyond it the pixels of SIN are stretched by more than 15 %

Direction mean_direction(const std::vector<JointField>& fields) {
  Vec3 sum;
  for (const JointField& field : fields) sum = sum + unit_vector(field.center);
  return direction_of(sum);
}

/// Where the response of a field falls to a level, in pixels from the pixel of the mosaic's center.
struct Extent {
  double left = std::numeric_limits<double>::infinity(), right = -left, bottom = left, top = -left;

  void include(const Extent& other) {
    left = std::min(left, other.left), right = std::max(right, other.right);
    bottom = std::min(bottom, other.bottom), top = std::max(top, other.top);
  }
};

Extent extent_of(const JointField& field, double level, const Direction& center, double cell_rad) {
  constexpr int kAngles = 128;
  constexpr double kStep = 1e-4, kLargest = 0.5;  // rad
  const TangentAxes own = tangent_axes(field.center), axes = tangent_axes(center);
  Extent extent;
  for (int i = 0; i < kAngles; ++i) {
    const double l = std::cos(2 * kPi * i / kAngles), m = std::sin(2 * kPi * i / kAngles);
    double r = kStep;
    while (r < kLargest && field.response.at(r * l, r * m) > level) r += kStep;
    const Vec3 direction = r * l * own.east + r * m * own.north + std::sqrt(1 - r * r) * own.center;
    if (!(dot(direction, axes.center) > std::cos(kFarthest)))
      throw Error(code::kMosaic, "Expected all tiles within 30 degrees of their mean direction. Make several mosaics");
    const double x = -dot(direction, axes.east) / cell_rad, y = dot(direction, axes.north) / cell_rad;
    extent.include({x, x, y, y});
  }
  return extent;
}

/// Pixels along an axis of a facet, and which of the mosaic's, from that of its center, is in the facet's middle.
struct FacetAxis {
  std::size_t n;
  std::ptrdiff_t middle;

  FacetAxis(double low, double high) : middle(std::lround(0.5 * (low + high))) {
    const double half = std::max(high - static_cast<double>(middle), static_cast<double>(middle) - low);
    n = std::max<std::size_t>(32, fft_size(2 * (static_cast<std::size_t>(std::ceil(half)) + 1)));
  }
};

/// Pixels of the mosaic whose centers lie within the extents; an even number.
struct MosaicAxis {
  std::ptrdiff_t first;
  std::size_t n;

  MosaicAxis(double low, double high) : first(static_cast<std::ptrdiff_t>(std::ceil(low))) {
    n = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(std::floor(high)) - first + 1);
    n += n % 2;
  }
  /// The pixel in the middle, from that of the mosaic's center.
  double middle() const { return static_cast<double>(first + static_cast<std::ptrdiff_t>(n / 2)); }
};

}  // namespace

std::vector<double> channels_of(const Observation& observation, const TileOptions& options) {
  const auto& all = observation.freq_hz;
  if (!options.channels) return all;
  const auto [first, end] = *options.channels;
  if (first >= end || end > all.size())
    throw Error(code::kInvalidArgument, "Expected a range of the " + std::to_string(all.size()) +
                                            " channels of a tile but received " + std::to_string(first) + " to " +
                                            std::to_string(end));
  return {all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(end)};
}

JointField field_of(const Observation& observation, const TileOptions& options) {
  const std::vector<double> freq_hz = channels_of(observation, options);
  const BandAveragedBeam beam(known_dish_diameter(observation, options.dish_diameter_m), freq_hz,
                              std::vector<double>(freq_hz.size(), 1.0));
  const std::vector<double> weights(observation.pointing.size(), 1.0);
  const Direction center = tile_center(observation);
  return {center, AveragedResponse(beam, observation.pointing, weights, center)};
}

JointGrid plan_joint_grid(const std::vector<JointField>& fields, double level, double cell_rad,
                          std::size_t max_pixels) {
  const Direction center = mean_direction(fields);
  std::vector<Extent> extents;
  Extent all;
  for (const JointField& field : fields) {
    extents.push_back(extent_of(field, level, center, cell_rad));
    all.include(extents.back());
  }
  const MosaicAxis x(all.left, all.right), y(all.bottom, all.top);
  if (x.n * y.n > max_pixels) {
    std::ostringstream message;
    message << "Expected a mosaic of at most " << max_pixels << " pixels, but " << x.n << " x " << y.n << " at "
            << cell_rad / kArcsec << "\" are " << x.n * y.n << ". Give a larger cell, or make several mosaics";
    throw Error(code::kMosaic, message.str());
  }
  JointGrid grid;
  grid.mosaic = {center, x.n, y.n, cell_rad, -x.middle() * cell_rad, y.middle() * cell_rad};
  for (const Extent& extent : extents) {
    const FacetAxis columns(extent.left, extent.right), rows(extent.bottom, extent.top);
    JointWindow window;
    window.facet = {center,
                    columns.n,
                    rows.n,
                    cell_rad,
                    -static_cast<double>(columns.middle) * cell_rad,
                    static_cast<double>(rows.middle) * cell_rad};
    window.x = columns.middle - static_cast<std::ptrdiff_t>(columns.n / 2) - x.first;
    window.y = rows.middle - static_cast<std::ptrdiff_t>(rows.n / 2) - y.first;
    grid.windows.push_back(window);
  }
  return grid;
}

}  // namespace contimg::imaging
