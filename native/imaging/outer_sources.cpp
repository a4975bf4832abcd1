#include "imaging/outer_sources.h"

#include <algorithm>
#include <cmath>

#include "core/constants.h"
#include "imaging/component_visibilities.h"
#include "imaging/gridder.h"
#include "imaging/image_plan.h"
#include "imaging/image_statistics.h"

namespace contimg::imaging {
namespace {

/// In wavelengths over diameters: where the first sidelobe, 1.75 % at 1.63, has fallen to a quarter of that.
constexpr double kSidelobeReach = 2.0;
constexpr std::size_t kMaxPixels = 1600;      // along an axis of the coarse image
constexpr double kWavelengthsPerCell = 0.35;  // longest baseline used, times the cell: 2 to 3 pixels per beam
constexpr double kEpsilon = 1e-3;
constexpr double kSigmas = 6;                          // a peak must have, of the coarse image
constexpr double kLowestPart = 0.2, kSidelobes = 1.2;  // part of the highest one, times its highest sidelobe
constexpr double kCellsApart = 3;                      // sources must be, from each other
// Closer than this to a source and fainter than this part of it, what is left of it is taken for smearing.
constexpr double kHaloCells = 30, kHaloLevel = 0.01;
constexpr std::size_t kMaxSources = 1000;
constexpr int kStepsOfRound = 2;
constexpr double kKeptSnr = 4;  // less, and it was none

/// Half extents, in direction cosines, of where sources reach the data.
FieldExtent reach(const TileResponse& response) {
  const TangentAxes axes = tangent_axes(response.center);
  const double middle_hz = 0.5 * (response.freq_hz.front() + response.freq_hz.back());
  const double radius = kSidelobeReach * kSpeedOfLight / (middle_hz * response.dish_diameter_m);
  FieldExtent extent;
  for (const Direction& pointing : response.pointing) {
    const Vec3 p = unit_vector(pointing);
    extent.l = std::max(extent.l, std::abs(dot(p, axes.east)) + radius);
    extent.m = std::max(extent.m, std::abs(dot(p, axes.north)) + radius);
  }
  return extent;
}

double longest_wavelengths(const StokesVisibilities& data, double freq_hz) {
  double longest_m = 0;
  for (const Vec3& uvw : data.uvw_m) longest_m = std::max(longest_m, std::hypot(uvw.x, uvw.y));
  return longest_m * freq_hz / kSpeedOfLight;
}

/// A grid for the whole reach, of nx = 0 where `inner` holds it.
SkyGrid coarse_grid(const StokesVisibilities& data, const TileResponse& response, const SkyGrid& inner) {
  const FieldExtent extent = reach(response);
  const auto half = [&](std::size_t n) { return 0.5 * static_cast<double>(n) * inner.cell_rad; };
  if (extent.l <= half(inner.nx) && extent.m <= half(inner.ny)) return {};
  if (std::max(extent.l, extent.m) > 0.7) return {};  // small dishes: what the horizon cuts is not a field
  const double finest = 2 * std::max(extent.l, extent.m) / kMaxPixels;
  const double cell = std::max(finest, kWavelengthsPerCell / longest_wavelengths(data, response.freq_hz.back()));
  const auto size = [&](double e) { return fft_size(static_cast<std::size_t>(std::ceil(2 * e / cell))); };
  return {response.center, size(extent.l), size(extent.m), cell};
}

/// Offset of a parabola's peak from the middle of three samples, in samples.
double peak_offset(double before, double at, double after) {
  const double curvature = before - 2 * at + after;
  return curvature < 0 ? std::clamp(0.5 * (before - after) / curvature, -0.5, 0.5) : 0;
}

bool is_peak(NdView<const float, 2> image, std::size_t y, std::size_t x) {
  for (std::size_t j = y - 1; j <= y + 1; ++j)
    for (std::size_t i = x - 1; i <= x + 1; ++i)
      if ((j != y || i != x) && !(image(j, i) < image(y, x))) return false;
  return true;
}

double distance(const Component& a, const Component& b) { return std::hypot(a.l - b.l, a.m - b.m); }

}  // namespace

OuterSources::OuterSources(StokesVisibilities& data, const TileResponse& response, const SkyGrid& inner,
                           unsigned threads)
    : data_(data), response_(response), inner_(inner), field_(coarse_grid(data, response, inner)), threads_(threads) {}

/// What coarse images need, of which there may be none.
void OuterSources::prepare(const JobContext& context) {
  const double longest_m = kWavelengthsPerCell / field_.cell_rad * kSpeedOfLight / response_.freq_hz.back();
  short_weights_ = NdArray<float, 2>(data_.weights.shape());
  const std::size_t n_channels = data_.weights.shape(1);
  for (std::size_t row = 0; row < data_.weights.shape(0); ++row) {
    if (std::hypot(data_.uvw_m(row).x, data_.uvw_m(row).y) > longest_m) continue;
    std::copy_n(&data_.weights(row, 0), n_channels, &short_weights_(row, 0));
    for (std::size_t k = 0; k < n_channels; ++k) sum_of_short_weights_ += data_.weights(row, k);
  }
  if (sum_of_short_weights_ > 0)
    part_of_highest_ = std::clamp(kSidelobes * highest_sidelobe(context), kLowestPart, 1.0);
  else
    field_ = {};
}

NdArray<float, 2> OuterSources::coarse_image(NdView<const std::complex<float>, 2> visibilities,
                                             const JobContext& context) const {
  auto image = NdArray<float, 2>::uninitialized({field_.ny, field_.nx});
  visibilities_to_image(data_.uvw_m.view(), {response_.freq_hz.data(), {response_.freq_hz.size()}}, visibilities,
                        short_weights_.view(), {field_.nx, field_.ny, field_.cell_rad * response_.aberration},
                        {kEpsilon, threads_}, image.view(), context);
  for (float& pixel : image) pixel = static_cast<float>(pixel / sum_of_short_weights_);
  return image;
}

/// The highest sidelobe of the coarse image's point spread function.
double OuterSources::highest_sidelobe(const JobContext& context) const {
  auto ones = NdArray<std::complex<float>, 2>::uninitialized(data_.visibilities.shape());
  std::fill(ones.begin(), ones.end(), 1.0f);
  const auto psf = coarse_image(ones.view(), context);
  const auto offset = [](std::size_t i, std::size_t n) { return static_cast<double>(i) - static_cast<double>(n / 2); };
  float highest = 0;
  for (std::size_t y = 0; y < field_.ny; ++y)
    for (std::size_t x = 0; x < field_.nx; ++x)
      if (std::hypot(offset(x, field_.nx), offset(y, field_.ny)) > kCellsApart) highest = std::max(highest, psf(y, x));
  return highest;
}

/// Peaks of the coarse image beyond the tile's own, highest first.
std::vector<Component> OuterSources::peaks(const JobContext& context) const {
  const auto image = coarse_image(data_.visibilities.view(), context);
  const double half_l = 0.5 * static_cast<double>(inner_.nx) * inner_.cell_rad,
               half_m = 0.5 * static_cast<double>(inner_.ny) * inner_.cell_rad;
  const double sigma = mad_sigma(image.view());
  std::vector<Component> found;
  double highest = 0;
  for (std::size_t y = 1; y + 1 < field_.ny; ++y)
    for (std::size_t x = 1; x + 1 < field_.nx; ++x) {
      if (!(image(y, x) > kSigmas * sigma) || !is_peak(image.view(), y, x)) continue;
      const double dx = peak_offset(image(y, x - 1), image(y, x), image(y, x + 1)),
                   dy = peak_offset(image(y - 1, x), image(y, x), image(y + 1, x));
      const Component peak{-(static_cast<double>(x) + dx - static_cast<double>(field_.nx / 2)) * field_.cell_rad,
                           (static_cast<double>(y) + dy - static_cast<double>(field_.ny / 2)) * field_.cell_rad,
                           image(y, x)};
      highest = std::max(highest, peak.flux_jy);
      if (std::abs(peak.l) > half_l || std::abs(peak.m) > half_m) found.push_back(peak);
    }
  found.erase(std::remove_if(found.begin(), found.end(),
                             [&](const Component& peak) { return peak.flux_jy < part_of_highest_ * highest; }),
              found.end());
  std::sort(found.begin(), found.end(), [](const Component& a, const Component& b) { return a.flux_jy > b.flux_jy; });
  return found;
}

void OuterSources::find(std::size_t n_rounds, const JobContext& context) {
  if (field_.nx > 0 && short_weights_.empty()) prepare(context.quiet());
  if (field_.nx == 0) return;
  for (std::size_t round = 0; round < n_rounds; ++round) {
    const auto part = [&](double done) { return (static_cast<double>(round) + done) / static_cast<double>(n_rounds); };
    std::vector<Component> added;
    const auto is_new = [&](const Component& peak) {
      const auto is_near = [&](const Component& other) {
        const double cells = distance(peak, other) / field_.cell_rad;
        return cells < kCellsApart || (cells < kHaloCells && peak.flux_jy < kHaloLevel * other.flux_jy);
      };
      return std::none_of(components_.begin(), components_.end(), is_near) &&
             std::none_of(rejected_.begin(), rejected_.end(), is_near) &&
             std::none_of(added.begin(), added.end(), is_near);
    };
    for (const Component& peak : peaks(context.part(part(0), part(0.3)))) {
      if (components_.size() + added.size() == kMaxSources) break;
      if (is_new(peak)) added.push_back(peak);
    }
    if (added.empty()) return round == 0 ? refine(context) : void();
    subtract_components(added, response_, data_.uvw_m.view(), data_.time_index, data_.visibilities.view(), threads_,
                        context.part(part(0.3), part(0.4)));
    components_.insert(components_.end(), added.begin(), added.end());
    for (int step = 0; step < kStepsOfRound; ++step)
      refine(context.part(part(0.4 + 0.6 * step / kStepsOfRound), part(0.4 + 0.6 * (step + 1) / kStepsOfRound)));
  }
}

void OuterSources::refine(const JobContext& context) {
  if (components_.empty()) return;
  ComponentFitOptions options;
  options.max_step_rad = field_.cell_rad;
  options.threads = threads_;
  const auto fitted = fit_components(components_, response_, data_.uvw_m.view(), data_.time_index, data_.weights.view(),
                                     data_.visibilities.view(), options, context.part(0, 0.5));
  std::vector<Component> changes, kept;
  for (std::size_t i = 0; i < fitted.size(); ++i) {
    Component before = components_[i];
    before.flux_jy = -before.flux_jy;
    changes.push_back(before);
    if (fitted[i].snr < kKeptSnr || fitted[i].component.flux_jy < 0) {
      rejected_.push_back(components_[i]);
      continue;
    }
    changes.push_back(fitted[i].component);
    kept.push_back(fitted[i].component);
  }
  subtract_components(changes, response_, data_.uvw_m.view(), data_.time_index, data_.visibilities.view(), threads_,
                      context.part(0.5, 1));
  components_ = kept;
}

}  // namespace contimg::imaging
