#include "imaging/degridded_points.h"

#include <algorithm>
#include <cmath>
#include <complex>

#include "core/chebyshev.h"
#include "core/constants.h"
#include "core/parallel.h"
#include "core/sincos_cycles.h"
#include "imaging/degrid_points.h"
#include "imaging/flux_basis.h"
#include "imaging/gridding_plan.h"
#include "imaging/image_depth.h"
#include "imaging/pixel_spreader.h"
#include "imaging/turning_sky.h"

namespace contimg::imaging {
namespace {

constexpr std::size_t kMostImages = 24, kMostPixels = 12000;  // of an axis
constexpr double kFewestPixels = 64;                          // of half an axis: or its margin reaches too far
constexpr double kLeastExtent = 1e-5;                         // of half an axis, radians
constexpr double kMostBytes = 1.2e9;                          // of uv grids
constexpr std::size_t kSampledTimes = 12;
constexpr int kSampledFrequencies = 10;
constexpr std::size_t kRowsPerTask = 256;
constexpr double kAddSeconds = 8e-9;  // per node and image, on one core
constexpr double kOfPlan = 2;  // what an image takes over what its plan says: 90 s, not 46, for those of a full tile

/// Fluxes of all points at some integrations and frequencies of the band.
NdArray<float, 2> sample_fluxes(const Observation& o, const SeenPoints& points, unsigned threads) {
  const auto [low, high] = std::minmax_element(o.freq_hz.begin(), o.freq_hz.end());
  std::vector<double> freq_hz;
  for (const double node : chebyshev_nodes(kSampledFrequencies))
    freq_hz.push_back((*low + *high) / 2 + node * (*high - *low) / 2);
  const std::size_t n_times = points.places.size(), n_sampled = std::min(n_times, kSampledTimes);
  NdArray<float, 2> samples({points.n_points(), n_sampled * kSampledFrequencies});
  parallel_for(n_sampled, threads, [&](std::size_t i) {
    const std::size_t time = points.first_time + (n_sampled > 1 ? i * (n_times - 1) / (n_sampled - 1) : 0);
    for (std::size_t point = 0; point < points.n_points(); ++point)
      points.fluxes(time, point, freq_hz.data(), freq_hz.size(), &samples(point, i * kSampledFrequencies));
  });
  return samples;
}

std::size_t even_extent(double half_width, double cell) {
  return 2 * (static_cast<std::size_t>(std::ceil(half_width / cell)) + PixelSpreader::kMargin);
}

class DegriddedPoints final : public PlannedPrediction {
 public:
  DegriddedPoints(const Observation& observation, const SeenPoints& points, const NodeVisibilities& nodes,
                  double epsilon, unsigned threads)
      : o_(observation),
        points_(points),
        sky_(observation, points),
        basis_(flux_basis(sample_fluxes(observation, points, threads), epsilon / 3, kMostImages)),
        spreader_(epsilon / 6),
        epsilon_(epsilon) {
    is_possible_ = sky_.is_hemisphere() && basis_.error <= epsilon / 3 && !basis_.pivots.empty() &&
                   set_geometry(nodes) && set_plan(nodes, threads);
  }

  /// Whether it is as accurate as asked for, and fits into memory.
  bool is_possible() const { return is_possible_; }

  double seconds() const override {
    return static_cast<double>(basis_.pivots.size()) *
           (kOfPlan * imaging::seconds(plan_) + kAddSeconds * static_cast<double>(plan_.rows.n_points));
  }

  void add(NodeVisibilities& nodes, unsigned threads, const JobContext& context) const override {
    const PointsOfImage<float> degridder(plan_, threads);
    auto values = NdArray<std::complex<float>, 1>::uninitialized({plan_.rows.n_values});
    const auto n = static_cast<double>(basis_.pivots.size());
    for (std::size_t k = 0; k < basis_.pivots.size(); ++k) {
      NdArray<float, 2> image = image_of(k);
      degridder.degrid(image.view(), nullptr, values.data(),
                       context.part(static_cast<double>(k) / n, static_cast<double>(k + 1) / n));
      add_values(k, values.data(), nodes, threads);
    }
  }

 private:
  Vec3 baseline_of(std::size_t row) const {
    return o_.antennas[o_.antenna2[row]].position_m - o_.antennas[o_.antenna1[row]].position_m;
  }

  /// Baselines as the image sees them, and its pixels.
  bool set_geometry(const NodeVisibilities& nodes) {
    const RowRange rows = nodes.rows();
    uvw_m_ = NdArray<Vec3, 1>::uninitialized({rows.count});
    if (!set_extent()) return false;
    const ImageDepth depth(grid_);
    double longest_m = 0, highest_m = 0;
    for (std::size_t i = 0; i < rows.count; ++i) {
      const std::size_t row = rows.first + i;
      const Vec3 baseline = baseline_of(row), uvw = sky_.uvw(o_.time_index[row], baseline);
      uvw_m_(i) = uvw;
      longest_m = std::max(longest_m, norm(baseline));
      highest_m = std::max(highest_m, depth.winding(uvw));
    }
    double highest_hz = 0;  // nodes may lie a little beyond the channels
    for (std::size_t cut = 0; cut < nodes.cuts().size(); ++cut)
      for (const double hz : nodes.cuts()[cut].node_hz) highest_hz = std::max(highest_hz, hz);
    const double per_m = highest_hz / kSpeedOfLight;
    if (2 * kPi * longest_m * per_m * sky_.error() > epsilon_ / 3) return false;
    grid_.cell_rad = std::min(PixelSpreader::kBand / std::max(highest_m * per_m, 1e-9), grid_.cell_rad);
    grid_.nx = even_extent(sky_.half_width_l(), grid_.cell_rad);
    grid_.ny = even_extent(sky_.half_width_m(), grid_.cell_rad);
    return grid_.nx <= kMostPixels && grid_.ny <= kMostPixels;
  }

  /// An image of the largest pixels that hold the points and the margin around them.
  bool set_extent() {
    const double widest = std::max({sky_.half_width_l(), sky_.half_width_m(), kLeastExtent});
    grid_.l = sky_.middle().l;
    grid_.m = sky_.middle().m;
    grid_.cell_rad = widest / kFewestPixels;
    grid_.nx = even_extent(sky_.half_width_l(), grid_.cell_rad);
    grid_.ny = even_extent(sky_.half_width_m(), grid_.cell_rad);
    return ImageDepth(grid_).is_above_horizon();
  }

  bool set_plan(const NodeVisibilities& nodes, unsigned threads) {
    std::vector<BandCut> cuts;
    for (std::size_t cut = 0; cut < nodes.cuts().size(); ++cut) cuts.push_back(nodes.cuts()[cut]);
    std::vector<std::uint32_t> cut_of_row;
    for (std::size_t i = 0; i < nodes.rows().count; ++i)
      cut_of_row.push_back(static_cast<std::uint32_t>(nodes.cut_of(nodes.rows().first + i)));
    plan_ = plan_of_rows<float>(rows_at_nodes(uvw_m_.view(), grid_, std::move(cuts), cut_of_row), grid_,
                                {epsilon_ / 3, threads});
    const double cells = static_cast<double>(plan_.nu * plan_.nv) * plan_.kernel_w.width;
    return cells * sizeof(std::complex<float>) * 4 * PixelSpreader::kBand * PixelSpreader::kBand <= kMostBytes;
  }

  NdArray<float, 2> image_of(std::size_t k) const {
    NdArray<float, 2> image({grid_.ny, grid_.nx});
    for (std::size_t i = 0; i < points_.n_points(); ++i) {
      const auto [l, m] = sky_.places()[i];
      spreader_.add(basis_.coefficients(i, k), static_cast<double>(grid_.nx / 2) - (l - grid_.l) / grid_.cell_rad,
                    static_cast<double>(grid_.ny / 2) + (m - grid_.m) / grid_.cell_rad, image.view());
    }
    return image;
  }

  /// nodes += values of image k, each times the flux of its pivot and turned to the phase center.
  void add_values(std::size_t k, const std::complex<float>* values, NodeVisibilities& nodes, unsigned threads) const {
    const RowRange rows = nodes.rows();
    parallel_for((rows.count + kRowsPerTask - 1) / kRowsPerTask, threads, [&](std::size_t task) {
      std::vector<std::vector<float>> fluxes(nodes.cuts().size());
      std::size_t time_of_fluxes = points_.first_time;
      for (std::size_t i = task * kRowsPerTask; i < std::min(rows.count, (task + 1) * kRowsPerTask); ++i) {
        const std::size_t row = rows.first + i, time = o_.time_index[row];
        if (time != time_of_fluxes)
          for (auto& of_cut : fluxes) of_cut.clear();
        time_of_fluxes = time;
        const std::vector<double>& hz = nodes.cuts()[nodes.cut_of(row)].node_hz;
        std::vector<float>& flux = fluxes[nodes.cut_of(row)];
        if (flux.empty()) {
          flux.resize(hz.size());
          points_.fluxes(time, basis_.pivots[k], hz.data(), hz.size(), flux.data());
        }
        const double path_s = -dot(baseline_of(row), sky_.shift(time)) / kSpeedOfLight;
        add_turned(values + plan_.rows.rows[i].first_value, hz.data(), hz.size(), flux.data(), path_s, nodes.re(row),
                   nodes.im(row));
      }
    });
  }

  /// re + i im += flux value exp(2 pi i nu path).
  static void add_turned(const std::complex<float>* values, const double* freq_hz, std::size_t n, const float* fluxes,
                         double path_s, float* re, float* im) {
    for (std::size_t node = 0; node < n; ++node) {
      const double turns = freq_hz[node] * path_s;
      float sine, cosine;
      sincos_cycles(static_cast<float>(turns - nearest_integer(turns)), sine, cosine);
      re[node] += fluxes[node] * (values[node].real() * cosine - values[node].imag() * sine);
      im[node] += fluxes[node] * (values[node].real() * sine + values[node].imag() * cosine);
    }
  }

  const Observation& o_;
  const SeenPoints& points_;
  const TurningSky sky_;
  const FluxBasis basis_;
  const PixelSpreader spreader_;
  const double epsilon_;
  bool is_possible_ = false;
  NdArray<Vec3, 1> uvw_m_;  ///< per row
  ImageGrid grid_;
  GriddingPlan plan_;
};

}  // namespace

std::unique_ptr<PlannedPrediction> PointDegridder::plan(const Observation& observation, const SeenPoints& points,
                                                        const NodeVisibilities& nodes, double epsilon,
                                                        unsigned threads) const {
  auto planned = std::make_unique<DegriddedPoints>(observation, points, nodes, epsilon, threads);
  if (!planned->is_possible()) return nullptr;
  return planned;
}

}  // namespace contimg::imaging
