#include "imaging/point_sources.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace contimg::imaging {
namespace {

constexpr double kLeastSnr = 30;  // a point at the corner of pixels loses less than the noise below
constexpr std::size_t kMost = 300;
// The components of a point lie within this part of the beam's minor axis of the brightest, or these many pixels, as
// those diagonally next to it do; it has at least this part of their flux; all others within these many major axes have
// less than this part in sum.
constexpr double kReach = 0.5, kReachPixels = 1.5, kLeastOfBrightest = 0.1, kAlone = 1.5, kMostOfOthers = 0.1;
// A source is no longer followed once what clean finds at it was this often in a row more than so many sigmas and than
// this part of what it was the time before: of a point a major cycle leaves a fifth.
constexpr std::size_t kMostUnsettled = 2;
constexpr double kUnsettledSnr = 5, kUnsettledPart = 0.5;

double distance(const Component& a, const Component& b) { return std::hypot(a.l - b.l, a.m - b.m); }

Component negative(Component component) {
  component.flux_jy = -component.flux_jy;
  return component;
}

}  // namespace

PointSources::PointSources(const SkyGrid& grid, const RestoringBeam& beam, std::vector<Component> known)
    : grid_(grid), beam_(beam), known_(std::move(known)) {}

bool PointSources::Source::is_followed() const { return n_unsettled < kMostUnsettled; }

bool PointSources::is_near(const Source& source, const Component& component) const {
  return distance(source.first, component) <= std::max(kReach * beam_.minor_rad, kReachPixels * grid_.cell_rad);
}

/// Moves a source to the center of mass of all components near it: those that it stands for, where it is, and new ones.
void PointSources::follow(Source& source, const std::vector<Component>& components) const {
  std::vector<StandIn> now;
  double flux = source.component.flux_jy, l = 0, m = 0;
  std::map<std::size_t, double> change_at;  // per pixel
  const auto add = [&](const Component& component, double sign) {
    const double change = sign * component.flux_jy;
    flux += change;
    l += change * (component.l - source.component.l);
    m += change * (component.m - source.component.m);
    change_at[pixel_of(grid_, component)] += change;
  };
  for (const StandIn& old : source.stand_ins)
    add(component_at(grid_, old.pixel % grid_.nx, old.pixel / grid_.nx, old.flux_jy), -1);
  for (const Component& component : components) {
    if (!is_near(source, component)) continue;
    add(component, 1);
    now.push_back({pixel_of(grid_, component), static_cast<float>(component.flux_jy)});
  }
  source.stand_ins = std::move(now);
  source.change_jy = 0;
  for (const auto& [pixel, change] : change_at) source.change_jy += std::abs(change);
  source.component.l += l / flux;
  source.component.m += m / flux;
  source.component.flux_jy = flux;
}

/// Without stand-ins where it is no isolated point.
PointSources::Source PointSources::source_about(const Component& brightest,
                                                const std::vector<Component>& components) const {
  Source source{{brightest.l, brightest.m, 0}, brightest, {}};
  follow(source, components);
  double others = 0;
  for (const Component& component : components)
    if (!is_near(source, component) && distance(component, brightest) < kAlone * beam_.major_rad)
      others += std::abs(component.flux_jy);
  const bool is_point = brightest.flux_jy > kLeastOfBrightest * source.component.flux_jy &&
                        others < kMostOfOthers * source.component.flux_jy && is_near(source, source.component);
  if (!is_point) source.stand_ins.clear();
  return source;
}

/// @param components  brightest first
std::vector<PointSources::Source> PointSources::new_sources(const std::vector<Component>& components,
                                                            const SigmaAt& sigma_jy) const {
  std::vector<Component> seen = known_;
  for (const Source& source : sources_) seen.push_back(source.first);
  std::vector<Source> found;
  for (const Component& component : components) {
    if (sources_.size() + found.size() == kMost) break;
    const double least_jy = kLeastSnr * sigma_jy(component);
    if (component.flux_jy < kLeastOfBrightest * least_jy) continue;
    const auto is_known = [&](const Component& other) { return distance(component, other) < beam_.major_rad; };
    if (std::any_of(seen.begin(), seen.end(), is_known)) continue;
    seen.push_back(component);
    Source source = source_about(component, components);
    if (!source.stand_ins.empty() && source.component.flux_jy > least_jy) found.push_back(std::move(source));
  }
  return found;
}

PointSources::Changes PointSources::find(NdView<const float, 2> model, const SigmaAt& sigma_jy) {
  std::vector<Component> components = components_of(model, grid_);
  std::stable_sort(components.begin(), components.end(),
                   [](const Component& a, const Component& b) { return a.flux_jy > b.flux_jy; });
  Changes changes;
  follow_all(components, sigma_jy, changes);
  for (Source& source : new_sources(components, sigma_jy)) {
    changes.sources.push_back(source.component);
    add_pixels_of(source, changes);
    sources_.push_back(std::move(source));
  }
  return changes;
}

void PointSources::add_pixels_of(const Source& source, Changes& changes) {
  for (const StandIn& stand_in : source.stand_ins) changes.stand_ins.push_back(stand_in.pixel);
}

/// Takes the sources that are known to where clean finds them now.
void PointSources::follow_all(const std::vector<Component>& components, const SigmaAt& sigma_jy, Changes& changes) {
  for (Source& source : sources_) {
    if (!source.is_followed()) continue;
    const Source before = source;
    follow(source, components);
    const double settled_jy = std::max(kUnsettledPart * before.change_jy, kUnsettledSnr * sigma_jy(source.first));
    source.n_unsettled = source.change_jy > settled_jy ? before.n_unsettled + 1 : 0;
    if (!source.is_followed()) {
      const std::size_t n_unsettled = source.n_unsettled;
      source = before;
      source.n_unsettled = n_unsettled;
      continue;
    }
    add_pixels_of(before, changes);
    add_pixels_of(source, changes);
    if (source.component.flux_jy == before.component.flux_jy && distance(source.component, before.component) == 0)
      continue;
    changes.sources.push_back(negative(before.component));
    changes.sources.push_back(source.component);
  }
}

std::vector<Component> PointSources::components() const {
  std::vector<Component> all;
  for (const Source& source : sources_) all.push_back(source.component);
  return all;
}

void PointSources::add_stand_ins(NdView<float, 2> model, float sign) const {
  for (const Source& source : sources_)
    for (const StandIn& stand_in : source.stand_ins) model.data()[stand_in.pixel] += sign * stand_in.flux_jy;
}

void PointSources::restore(NdView<float, 2> image) const {
  for (const Component& source : components()) {
    const auto [x, y] = position_of(grid_, source);
    restore_point(source.flux_jy, x, y, beam_, grid_.cell_rad, image);
  }
}

}  // namespace contimg::imaging
