#include "imaging/outer_sources.h"

#include <algorithm>
#include <cmath>

#include "core/constants.h"
#include "imaging/component_visibilities.h"
#include "imaging/facet.h"
#include "imaging/gridder.h"
#include "imaging/image_plan.h"
#include "imaging/image_statistics.h"
#include "imaging/minor_cycle.h"

namespace contimg::imaging {
namespace {

/// In wavelengths over diameters: where the first sidelobe, 1.75 % at 1.63, has fallen to a quarter of that.
constexpr double kSidelobeReach = 2.0;
constexpr std::size_t kMaxPixels = 1600;      // along an axis of the coarse image
constexpr double kWavelengthsPerCell = 0.35;  // longest baseline used, times the cell: 2 to 3 pixels per beam
constexpr double kEpsilon = 1e-3;
constexpr double kSigmas = 5;  // of the coarse image, down to which a search goes
constexpr double kLoopGain = 0.1;
constexpr std::size_t kMaxComponents = 10000;  // of the clean of a coarse image
constexpr double kCellsApart = 3;              // sources must be, from each other
// Closer than this to a source and fainter than this part of it, what is left of it is taken for smearing.
constexpr double kHaloCells = 30, kHaloLevel = 0.01;
constexpr std::size_t kMaxSources = 1000;
constexpr double kBorderPixels = 1;  // less than this within the image a source would be split: it is taken as a whole
constexpr double kBorderCells = 1;   // less than this within, by the coarse image, the fit tells where it is
constexpr int kMaxSteps = 8;         // of a fit in a row; 5 to 7 do from the coarse image's position
constexpr std::size_t kSample = 2000000;  // visibilities from which the length of a step is taken
constexpr double kShortest = 0.1;
constexpr double kSettled = 0.5;  // sigmas of the flux: a step smaller than this is the last
// A source that the fit to all visibilities leaves with less, in sigmas and in part of the flux of the coarse image,
// was none.
constexpr double kKeptSnr = 4, kKeptPart = 0.25;

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
SkyGrid coarse_field(const StokesVisibilities& data, const TileResponse& response, const SkyGrid& inner) {
  const FieldExtent extent = reach(response);
  const auto half = [&](std::size_t n) { return 0.5 * static_cast<double>(n) * inner.cell_rad; };
  if (extent.l <= half(inner.nx) && extent.m <= half(inner.ny)) return {};
  if (std::max(extent.l, extent.m) > 0.7) return {};  // small dishes: what the horizon cuts is not a field
  const double finest = 2 * std::max(extent.l, extent.m) / kMaxPixels;
  const double cell = std::max(finest, kWavelengthsPerCell / longest_wavelengths(data, response.freq_hz.back()));
  const auto size = [&](double e) { return fft_size(static_cast<std::size_t>(std::ceil(2 * e / cell))); };
  return {response.center, size(extent.l), size(extent.m), cell};
}

/// Within the image, by more than a margin.
OuterSources::IsInner inside(const SkyGrid& grid, double margin_pixels) {
  return [grid, margin_pixels](const Component& source) {
    const auto [x, y] = position_of(grid, source);
    const double first = margin_pixels - 0.5;
    return x >= first && x <= static_cast<double>(grid.nx - 1) - first && y >= first &&
           y <= static_cast<double>(grid.ny - 1) - first;
  };
}

double distance(const Component& a, const Component& b) { return std::hypot(a.l - b.l, a.m - b.m); }

}  // namespace

/// A part of a step.
Component OuterSources::between(const Step& step, double part) {
  const auto mix = [&](double before, double after) { return before + part * (after - before); };
  Component result = step.after;
  result.l = mix(step.before.l, step.after.l);
  result.m = mix(step.before.m, step.after.m);
  result.flux_jy = mix(step.before.flux_jy, step.after.flux_jy);
  result.index = mix(step.before.index, step.after.index);
  return result;
}

/// What steps add to the visibilities of a model.
std::vector<Component> OuterSources::changes_of(const std::vector<Step>& steps) {
  std::vector<Component> changes;
  for (const Step& step : steps) {
    changes.push_back(step.before);
    changes.back().flux_jy = -step.before.flux_jy;
    changes.push_back(step.after);
  }
  return changes;
}

OuterSources::OuterSources(StokesVisibilities& data, const TileResponse& response, const SkyGrid& inner,
                           unsigned threads, IsInner is_inner)
    : data_(data),
      response_(response),
      field_(coarse_field(data, response, inner)),
      is_inner_(is_inner ? is_inner : inside(inner, kBorderPixels)),
      is_surely_inner_(is_inner ? is_inner
                                : inside(inner, kBorderPixels + kBorderCells * field_.cell_rad / inner.cell_rad)),
      threads_(threads) {}

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
  if (!(sum_of_short_weights_ > 0)) {
    field_ = {};
    return;
  }
  psf_ = NdArray<float, 2>::uninitialized({field_.ny, field_.nx});
  weights_to_psf<float>(data_.uvw_m.view(), data_.frequencies(), short_weights_.view(), coarse_grid(),
                        {kEpsilon, threads_}, psf_.view(), context);
  for (float& pixel : psf_) pixel = static_cast<float>(pixel / sum_of_short_weights_);
}

NdArray<float, 2> OuterSources::coarse_image(const JobContext& context) const {
  auto image = NdArray<float, 2>::uninitialized({field_.ny, field_.nx});
  visibilities_to_image<float>(data_.uvw_m.view(), data_.frequencies(), data_.visibilities.view(),
                               short_weights_.view(), coarse_grid(), {kEpsilon, threads_}, image.view(), context);
  for (float& pixel : image) pixel = static_cast<float>(pixel / sum_of_short_weights_);
  return image;
}

/// Clean components of a coarse image, down to `level`, which is what they leave at a source.
NdArray<float, 2> OuterSources::coarse_model(double depth, float& level, const JobContext& context) const {
  const auto image = coarse_image(context);
  const float highest = *std::max_element(image.begin(), image.end());
  level = static_cast<float>(std::max(kSigmas * mad_sigma(image.view()), depth * highest));
  ActivePixels active =
      select_active(image.view(), [&](std::size_t, float* levels) { std::fill_n(levels, field_.nx, level); });
  NdArray<float, 2> model({field_.ny, field_.nx});
  minor_cycle(active, psf_.view(), {kLoopGain, kMaxComponents, threads_}, model.view(), context);
  return model;
}

/// What clean components within kCellsApart of the brightest make together, and so on; those beyond the tile's image.
std::vector<Component> OuterSources::candidates(double depth, const JobContext& context) const {
  struct Sum {
    Component first;
    double flux = 0, l = 0, m = 0;
  };
  float level = 0;
  const auto model = coarse_model(depth, level, context);
  std::vector<Component> pixels;
  for (std::size_t y = 0; y < field_.ny; ++y)
    for (std::size_t x = 0; x < field_.nx; ++x)
      if (model(y, x) > 0)
        pixels.push_back({(double(field_.nx / 2) - double(x)) * field_.cell_rad,
                          (double(y) - double(field_.ny / 2)) * field_.cell_rad, model(y, x)});
  std::stable_sort(pixels.begin(), pixels.end(),
                   [](const Component& a, const Component& b) { return a.flux_jy > b.flux_jy; });
  std::vector<Sum> sums;
  for (const Component& pixel : pixels) {
    auto sum = std::find_if(sums.begin(), sums.end(), [&](const Sum& other) {
      return distance(pixel, other.first) < kCellsApart * field_.cell_rad;
    });
    if (sum == sums.end()) sum = sums.insert(sums.end(), {pixel});
    sum->flux += pixel.flux_jy;
    sum->l += pixel.flux_jy * pixel.l;
    sum->m += pixel.flux_jy * pixel.m;
  }
  std::vector<Component> found;
  for (const Sum& sum : sums) {
    const Component source{sum.l / sum.flux, sum.m / sum.flux, sum.flux + level};
    if (!is_surely_inner_(source)) found.push_back(source);
  }
  return found;
}

/// Candidates that are neither known nor known to be none.
std::vector<Component> OuterSources::new_sources(double depth, const JobContext& context) const {
  std::vector<Component> found;
  for (const Component& candidate : candidates(depth, context)) {
    const auto is_near = [&](const Component& other) {
      const double cells = distance(candidate, other) / field_.cell_rad;
      return cells < kCellsApart || (cells < kHaloCells && candidate.flux_jy < kHaloLevel * other.flux_jy);
    };
    if (sources_.size() + found.size() == kMaxSources) break;
    if (std::none_of(sources_.begin(), sources_.end(), [&](const Source& s) { return is_near(s.component); }) &&
        std::none_of(rejected_.begin(), rejected_.end(), is_near) && std::none_of(found.begin(), found.end(), is_near))
      found.push_back(candidate);
  }
  return found;
}

void OuterSources::start_from(const std::vector<Component>& known, const JobContext& context) {
  subtract_components(known, response_, data_.uvw_m.view(), data_.time_index, data_.visibilities.view(), threads_,
                      context);
  for (const Component& component : known) sources_.push_back({component, component.flux_jy});
}

void OuterSources::find(std::size_t n_rounds, double depth, const JobContext& context) {
  if (field_.nx > 0 && short_weights_.empty()) prepare(context.quiet());
  if (field_.nx == 0) return;
  rejected_.clear();
  for (std::size_t round = 0; round < n_rounds; ++round) {
    const JobContext rest = context.part(static_cast<double>(round) / static_cast<double>(n_rounds + 1), 1);
    const std::vector<Component> added = new_sources(depth, rest.part(0, 0.1));
    if (added.empty()) break;
    subtract_components(added, response_, data_.uvw_m.view(), data_.time_index, data_.visibilities.view(), threads_,
                        rest.part(0.1, 0.12));
    const std::size_t n_known = sources_.size();
    for (const Component& component : added) sources_.push_back({component, component.flux_jy});
    settle(rest.part(0.12, 0.2));
    if (sources_.size() <= n_known) break;
  }
  for (Source& source : sources_) source.settled = false;
  settle(context.part(0.8, 1));
}

/// Fits what has not converged, the others given.
void OuterSources::settle(const JobContext& context) {
  const auto is_settled = [](const Source& source) { return source.settled; };
  for (int step = 0; step < kMaxSteps; ++step) {
    const auto first = std::stable_partition(sources_.begin(), sources_.end(), is_settled);
    if (first == sources_.end()) return;
    fit(first, context.part(step / double(kMaxSteps), (step + 1) / double(kMaxSteps)));
  }
}

/// How far all of `steps` are best gone at once, 0 to 1: each is the best for its source alone, but where sidelobes of
/// one lie on others all of them together go too far. By a sample of the rows.
double OuterSources::step_length(const std::vector<Component>& removed, const std::vector<Step>& steps,
                                 const JobContext& context) const {
  const std::size_t n_channels = data_.weights.shape(1);
  const auto rows = sample_rows(data_.weights.shape(0), kSample / n_channels + 1);
  std::vector<std::uint32_t> time_index;
  auto uvw_m = NdArray<Vec3, 1>::uninitialized({rows.size()});
  NdArray<std::complex<float>, 2> residual({rows.size(), n_channels}), change({rows.size(), n_channels});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    uvw_m(i) = data_.uvw_m(rows[i]);
    time_index.push_back(data_.time_index[rows[i]]);
    std::copy_n(&data_.visibilities(rows[i], 0), n_channels, &residual(i, 0));
  }
  const auto subtract = [&](const std::vector<Component>& components, NdView<std::complex<float>, 2> from) {
    subtract_components(components, response_, uvw_m.view(), time_index, from, threads_, context.quiet());
  };
  subtract(removed, residual.view());
  subtract(changes_of(steps), change.view());
  double along = 0, squared = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t k = 0; k < n_channels; ++k) {
      const double weight = data_.weights(rows[i], k);
      if (!(weight > 0)) continue;
      const std::complex<double> left(residual(i, k)), taken(-change(i, k));
      along += weight * (left * std::conj(taken)).real();
      squared += weight * std::norm(taken);
    }
  return squared > 0 ? std::clamp(along / squared, kShortest, 1.0) : 1;
}

/// One step of the sources from `first` on; those that it does not confirm go.
void OuterSources::fit(std::vector<Source>::iterator first, const JobContext& context) {
  ComponentFitOptions options;
  options.max_step_rad = field_.cell_rad;
  options.threads = threads_;
  std::vector<Component> before, removed;
  for (auto source = first; source != sources_.end(); ++source) before.push_back(source->component);
  const auto fitted = fit_components(before, response_, data_.uvw_m.view(), data_.time_index, data_.weights.view(),
                                     data_.visibilities.view(), options, context.part(0, 0.5));
  std::vector<Step> steps;
  auto kept = first;
  for (std::size_t i = 0; i < fitted.size(); ++i) {
    const auto& [after, snr, change] = fitted[i];
    const double found_jy = first[static_cast<std::ptrdiff_t>(i)].found_jy;
    if (snr > kKeptSnr && after.flux_jy > kKeptPart * found_jy && !is_inner_(after)) {
      steps.push_back({before[i], after});
      *kept++ = {after, found_jy, change * snr < kSettled};
      continue;
    }
    removed.push_back(before[i]);
    removed.back().flux_jy = -before[i].flux_jy;
    if (!(snr > kKeptSnr && after.flux_jy > 0) || is_inner_(after)) rejected_.push_back(before[i]);
  }
  sources_.erase(kept, sources_.end());
  if (steps.size() > 1) {
    const double length = step_length(removed, steps, context.part(0.5, 0.6));
    for (std::size_t i = 0; i < steps.size(); ++i)
      first[static_cast<std::ptrdiff_t>(i)].component = steps[i].after = between(steps[i], length);
  }
  std::vector<Component> changes = changes_of(steps);
  changes.insert(changes.end(), removed.begin(), removed.end());
  subtract_components(changes, response_, data_.uvw_m.view(), data_.time_index, data_.visibilities.view(), threads_,
                      context.part(0.6, 1));
}

std::vector<Component> OuterSources::components() const {
  std::vector<Component> all;
  for (const Source& source : sources_) all.push_back(source.component);
  return all;
}

}  // namespace contimg::imaging
