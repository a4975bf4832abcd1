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
constexpr int kStepsOfRound = 2, kStepsOfNew = 3;  // of the fit to the search's visibilities, and then to all
// Channels are averaged for the search as far as a source at the border of the field turns by this much on the longest
// baseline used, which costs it 1.6 % of its amplitude there. With 0.3, a seventh, halos of 1 % were taken for sources.
constexpr double kTurns = 0.1;
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

/// Takes what is left of the visibilities as the search needs it.
void OuterSources::begin_search(const JobContext& context) {
  const double longest_m = kWavelengthsPerCell / field_.cell_rad * kSpeedOfLight / response_.freq_hz.back();
  const double reach_rad = 0.5 * field_.cell_rad * static_cast<double>(std::max(field_.nx, field_.ny));
  const double turns_per_channel = longest_m * reach_rad / kSpeedOfLight * data_.channel_width_hz[0];
  search_ = averaged(data_, longest_m, std::max<std::size_t>(1, static_cast<std::size_t>(kTurns / turns_per_channel)));
  search_response_ = response_;
  search_response_.freq_hz = search_.freq_hz;
  search_response_.channel_weights.assign(search_.freq_hz.size(), 0.0);
  search_response_.band_terms.clear();
  sum_of_search_weights_ = 0;
  for (std::size_t i = 0; i < search_.weights.size(); ++i) {
    search_response_.channel_weights[i % search_.freq_hz.size()] += search_.weights.data()[i];
    sum_of_search_weights_ += search_.weights.data()[i];
  }
  if (!(sum_of_search_weights_ > 0))
    field_ = {};
  else if (part_of_highest_ == 0)
    part_of_highest_ = std::clamp(kSidelobes * highest_sidelobe(context), kLowestPart, 1.0);
}

NdArray<float, 2> OuterSources::coarse_image(NdView<const std::complex<float>, 2> visibilities,
                                             const JobContext& context) const {
  auto image = NdArray<float, 2>::uninitialized({field_.ny, field_.nx});
  visibilities_to_image(search_.uvw_m.view(), search_.frequencies(), visibilities, search_.weights.view(),
                        {field_.nx, field_.ny, field_.cell_rad * response_.aberration}, {kEpsilon, threads_},
                        image.view(), context);
  for (float& pixel : image) pixel = static_cast<float>(pixel / sum_of_search_weights_);
  return image;
}

/// The highest sidelobe of the coarse image's point spread function.
double OuterSources::highest_sidelobe(const JobContext& context) const {
  auto ones = NdArray<std::complex<float>, 2>::uninitialized(search_.visibilities.shape());
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
  const auto image = coarse_image(search_.visibilities.view(), context);
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

/// Peaks that are none of the sources there are, nor what is left of one.
std::vector<Component> OuterSources::new_peaks(const std::vector<Component>& found, const JobContext& context) const {
  std::vector<Component> added;
  const auto is_near = [&](const Component& peak, const std::vector<Component>& others) {
    return std::any_of(others.begin(), others.end(), [&](const Component& other) {
      const double cells = distance(peak, other) / field_.cell_rad;
      return cells < kCellsApart || (cells < kHaloCells && peak.flux_jy < kHaloLevel * other.flux_jy);
    });
  };
  for (const Component& peak : peaks(context)) {
    if (components_.size() + found.size() + added.size() == kMaxSources) break;
    if (!is_near(peak, components_) && !is_near(peak, rejected_) && !is_near(peak, found) && !is_near(peak, added))
      added.push_back(peak);
  }
  return added;
}

void OuterSources::find(std::size_t n_rounds, const JobContext& context) {
  if (field_.nx > 0) begin_search(context.quiet());
  if (field_.nx == 0) return;
  std::vector<Component> found;
  for (std::size_t round = 0; round < n_rounds; ++round) {
    const auto part = [&](double done) {
      return 0.5 * (static_cast<double>(round) + done) / static_cast<double>(n_rounds);
    };
    const std::vector<Component> added = new_peaks(found, context.part(part(0), part(0.5)));
    if (added.empty()) break;
    subtract_components(added, search_response_, search_.uvw_m.view(), search_.time_index, search_.visibilities.view(),
                        threads_, context.quiet());
    found.insert(found.end(), added.begin(), added.end());
    for (int step = 0; step < kStepsOfRound; ++step) refine(found, search_, search_response_, context.quiet());
  }
  search_ = {};
  subtract_components(found, response_, data_.uvw_m.view(), data_.time_index, data_.visibilities.view(), threads_,
                      context.quiet());
  components_.insert(components_.end(), found.begin(), found.end());
  const int n_steps = found.empty() ? 1 : kStepsOfNew;
  for (int step = 0; step < n_steps; ++step)
    refine(components_, data_, response_, context.part(0.5 + 0.5 * step / n_steps, 0.5 + 0.5 * (step + 1) / n_steps));
}

/// Moves components towards their fit to `data`, from which they are subtracted, and drops those that it does not find.
void OuterSources::refine(std::vector<Component>& components, StokesVisibilities& data, const TileResponse& response,
                          const JobContext& context) {
  if (components.empty()) return;
  ComponentFitOptions options;
  options.max_step_rad = field_.cell_rad;
  options.threads = threads_;
  const auto fitted = fit_components(components, response, data.uvw_m.view(), data.time_index, data.weights.view(),
                                     data.visibilities.view(), options, context.part(0, 0.5));
  std::vector<Component> changes, kept;
  for (std::size_t i = 0; i < fitted.size(); ++i) {
    Component before = components[i];
    before.flux_jy = -before.flux_jy;
    changes.push_back(before);
    if (fitted[i].snr < kKeptSnr || fitted[i].component.flux_jy < 0) {
      rejected_.push_back(components[i]);
      continue;
    }
    changes.push_back(fitted[i].component);
    kept.push_back(fitted[i].component);
  }
  subtract_components(changes, response, data.uvw_m.view(), data.time_index, data.visibilities.view(), threads_,
                      context.part(0.5, 1));
  components = kept;
}

}  // namespace contimg::imaging
