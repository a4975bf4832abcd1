#include "imaging/grid_rows.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/constants.h"
#include "core/error.h"
#include "core/parallel.h"
#include "imaging/image_depth.h"

namespace contimg::imaging {
namespace {

constexpr std::size_t kBlockRows = 1024;  // per piece of work

/// Gridding nodes instead of channels has to save this part of the points, or it is not worth its array of values.
constexpr double kLeastSaving = 0.25;

[[noreturn]] void refuse(const std::string& message) { throw Error(code::kInvalidArgument, message); }

template <typename T>
bool is_weight(T weight) {
  return (weight >= 0) & (weight <= std::numeric_limits<T>::max());
}

/// Channels of a row from the first to the last weight above 0.
template <typename T>
IndexRange used_channels(const T* weights, std::size_t n_channels, std::size_t row) {
  int n_bad = 0;  // a loop without a way out is vectorized
  for (std::size_t channel = 0; channel < n_channels; ++channel) n_bad += !is_weight(weights[channel]);
  if (n_bad > 0) {
    const auto channel = std::find_if_not(weights, weights + n_channels, is_weight<T>) - weights;
    refuse("Expected weights to be finite and >= 0 but that of row " + std::to_string(row) + ", channel " +
           std::to_string(channel) + " is " + std::to_string(weights[channel]));
  }
  IndexRange used{0, n_channels};
  while (used.begin < used.end && weights[used.begin] == 0) ++used.begin;
  while (used.begin < used.end && weights[used.end - 1] == 0) --used.end;
  return used;
}

/// A baseline as an image sees it, or its opposite: w is >= 0.
GridRow turned_up(const Vec3& uvw, const ImageDepth& depth) {
  const Vec3 in_image = depth.uvw_of(uvw);
  GridRow row;
  row.conjugate = in_image.z < 0;
  const double per_hz = (row.conjugate ? -1 : 1) / kSpeedOfLight;
  row.u_cells_per_hz = in_image.x * per_hz;
  row.v_cells_per_hz = in_image.y * per_hz;
  row.w_per_hz = in_image.z * per_hz;
  return row;
}

/// Everything of a row that does not depend on cuts.
template <typename T>
GridRow read_row(const Vec3& uvw, const ImageDepth& depth, const T* weights, std::size_t n_channels, std::size_t row) {
  GridRow result;
  result.channels = used_channels(weights, n_channels, row);
  if (result.channels.begin == result.channels.end) return result;
  if (!std::isfinite(uvw.x + uvw.y + uvw.z))
    refuse("Expected finite uvw but that of row " + std::to_string(row) + " is (" + std::to_string(uvw.x) + ", " +
           std::to_string(uvw.y) + ", " + std::to_string(uvw.z) + "). Give such rows weight 0");
  GridRow turned = turned_up(uvw, depth);
  turned.channels = result.channels;
  return turned;
}

/// The points of a cut that stand for a range of channels.
IndexRange points_of(const BandCut& cut, IndexRange channels) {
  if (cut.is_whole() || channels.begin == channels.end) return channels;
  const auto segment_of = [&](std::size_t channel) -> std::size_t {
    const auto after = std::partition_point(cut.segments.begin(), cut.segments.end(),
                                            [&](const IndexRange& segment) { return segment.end <= channel; });
    return after - cut.segments.begin();
  };
  const std::size_t n_nodes = cut.rule.n_nodes();
  return {segment_of(channels.begin) * n_nodes, (segment_of(channels.end - 1) + 1) * n_nodes};
}

/// Gives every row the cheapest cut for the longest delay that it has over the image.
void choose_cuts(GridRows& rows, NdView<const double, 1> freq_hz, const ImageGrid& image, double depth,
                 double epsilon) {
  const double l = image.nx / 2.0 * image.cell_rad, m = image.ny / 2.0 * image.cell_rad;
  const BandCuts cuts(freq_hz, epsilon);
  std::size_t n_channels = 0;
  for (GridRow& row : rows.rows) {
    const double delay = std::abs(row.u_cells_per_hz) * l + std::abs(row.v_cells_per_hz) * m + row.w_per_hz * depth;
    row.cut = static_cast<std::uint32_t>(cuts.cheapest(delay));
    row.points = points_of(cuts.cuts()[row.cut], row.channels);
    row.first_value = rows.n_values - row.points.begin;
    rows.n_values += row.points.end - row.points.begin;
    n_channels += row.channels.end - row.channels.begin;
  }
  rows.n_points = rows.n_values;
  rows.cuts = cuts.cuts();
  if (rows.n_points <= (1 - kLeastSaving) * n_channels) return;

  rows.points_are_visibilities = true;
  rows.cuts = {cuts.whole()};
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    GridRow& row = rows.rows[i];
    row.cut = 0;
    row.points = row.channels;
    row.first_value = i * freq_hz.size();
  }
  rows.n_points = n_channels;
  rows.n_values = rows.rows.size() * freq_hz.size();
}

/// Sets the range of w.
void measure_w(GridRows& rows) {
  std::vector<std::pair<double, double>> whole_ranges;  // of frequency, per cut
  for (const BandCut& cut : rows.cuts) {
    const auto [low, high] = std::minmax_element(cut.node_hz.begin(), cut.node_hz.end());
    whole_ranges.push_back(cut.node_hz.empty() ? std::pair(0.0, 0.0) : std::pair(*low, *high));
  }
  for (const GridRow& row : rows.rows) {
    if (row.points.begin == row.points.end) continue;
    const std::vector<double>& freq_hz = rows.points_hz(row);
    auto range = whole_ranges[row.cut];
    if (row.points.end - row.points.begin < freq_hz.size()) {
      const auto [low, high] =
          std::minmax_element(freq_hz.begin() + row.points.begin, freq_hz.begin() + row.points.end);
      range = {*low, *high};
    }
    rows.least_w = std::min(rows.least_w, row.w_per_hz * range.first);
    rows.largest_w = std::max(rows.largest_w, row.w_per_hz * range.second);
  }
}

}  // namespace

template <typename T>
GridRows read_rows(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, NdView<const T, 2> weights,
                   const ImageGrid& image, double epsilon, unsigned threads) {
  const std::size_t n_rows = uvw_m.size(), n_channels = freq_hz.size();
  const ImageDepth depth(image);
  GridRows result;
  result.rows.resize(n_rows);
  parallel_for((n_rows + kBlockRows - 1) / kBlockRows, threads, [&](std::size_t block) {
    for (std::size_t row = block * kBlockRows; row < std::min(n_rows, (block + 1) * kBlockRows); ++row)
      result.rows[row] = read_row(uvw_m(row), depth, weights.data() + row * n_channels, n_channels, row);
  });
  choose_cuts(result, freq_hz, image, depth.largest(), epsilon);
  measure_w(result);
  return result;
}

GridRows rows_at_nodes(NdView<const Vec3, 1> uvw_m, const ImageGrid& image, std::vector<BandCut> cuts,
                       const std::vector<std::uint32_t>& cut_of_row) {
  const ImageDepth depth(image);
  GridRows result;
  result.cuts = std::move(cuts);
  for (std::size_t i = 0; i < uvw_m.size(); ++i) {
    GridRow row = turned_up(uvw_m(i), depth);
    row.cut = cut_of_row[i];
    row.points = row.channels = {0, result.points_hz(row).size()};
    row.first_value = result.n_values;
    result.n_values += row.points.end;
    result.rows.push_back(row);
  }
  result.n_points = result.n_values;
  measure_w(result);
  return result;
}

template GridRows read_rows(NdView<const Vec3, 1>, NdView<const double, 1>, NdView<const float, 2>, const ImageGrid&,
                            double, unsigned);
template GridRows read_rows(NdView<const Vec3, 1>, NdView<const double, 1>, NdView<const double, 2>, const ImageGrid&,
                            double, unsigned);

}  // namespace contimg::imaging
