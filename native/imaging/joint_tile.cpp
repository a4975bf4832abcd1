#include "imaging/joint_tile.h"

#include <algorithm>
#include <cmath>

#include "coordinates/apparent.h"
#include "coordinates/tile_center.h"
#include "imaging/image_statistics.h"

namespace contimg::imaging {
namespace {

constexpr std::size_t kFirstRounds = 4, kLaterRounds = 1;  // of a search for sources beyond the mosaic, ...
constexpr double kDepthOfOuter = 0.3;                      // ... by cycles that each leave a fifth of those within it
constexpr double kFaintestBeyond = 0.1;  // in rms of the tile: of components beyond the facet that are subtracted

Direction center_of(const SkyGrid& grid) {
  return direction_of(unit_vector_of(tangent_axes(grid.center), grid.l, grid.m));
}

}  // namespace

JointTile::JointTile(OpenSource open, const JointWindow& window, double freq_hz, const TileOptions& options)
    : open_(std::move(open)), window_(window), options_(options), freq_hz_(freq_hz) {
  response_.center = center_of(window.facet);
}

/// The visibilities, weighted and about the facet's center.
StokesVisibilities JointTile::read(VisibilitySource& source, const JobContext& context) const {
  const Observation& observation = source.observation();
  const ChannelRange channels = options_.channels ? *options_.channels : ChannelRange{0, observation.n_channels()};
  StokesVisibilities data =
      gather_stokes(source, options_.stokes, channels, response_.center, options_.threads, context);
  const SkyGrid& facet = window_.facet;
  apply_weighting(
      data.uvw_m.view(), data.frequencies(),
      {facet.nx, facet.ny, facet.cell_rad * aberration_scale(response_.center, mid_time_mjd_s(observation))},
      options_.weighting, data.weights.view());
  return data;
}

NdArray<float, 2> JointTile::make_dirty(const OuterSources::IsInner& is_inner, const JobContext& context) {
  const auto source = open_();
  const Observation& observation = source->observation();
  StokesVisibilities data = read(*source, context.part(0, 0.4));
  const WeightSums sums = sums_of(data, observation.time_mjd_s.size());
  if (!(sums.total > 0))
    throw Error(code::kNoValidData, "Expected visibilities within the uv range but there are none");
  summary_ = summarize(observation, data, sums);
  response_ = {known_dish_diameter(observation, options_.dish_diameter_m),
               options_.spectral_index,
               data.freq_hz,
               sums.per_channel,
               {},
               observation.pointing,
               sums.per_integration,
               response_.center,
               aberration_scale(response_.center, summary_.mid_mjd_s)};
  std::vector<double> weights = sums.per_channel;
  double sum = 0;
  for (std::size_t k = 0; k < weights.size(); ++k)
    sum += weights[k] *= std::pow(data.freq_hz[k] / freq_hz_, options_.spectral_index);
  beam_scale_ = sum / sums.total;
  const BandAveragedBeam beam(response_.dish_diameter_m, data.freq_hz, weights);
  const SkyGrid& facet = window_.facet;
  beam_.emplace(beam, observation.pointing, sums.per_integration, facet.center);
  primary_beam_ = tile_primary_beam(beam, observation.pointing, sums.per_integration, facet, options_.threads);
  for (float& power : primary_beam_) power = static_cast<float>(power * beam_scale_);

  if (is_inner) {
    OuterSources outer(data, response_, facet, options_.threads, is_inner);
    outer.find(kFirstRounds, kDepthOfOuter, context.part(0.4, 0.7));
    outer_ = outer.components();
  }
  TileVisibilities visibilities(data, response_, facet, {options_.epsilon, options_.threads}, sums.total);
  auto psf = NdArray<float, 2>::uninitialized({facet.ny, facet.nx});
  residual_ = NdArray<float, 2>::uninitialized({facet.ny, facet.nx});
  visibilities.image_and_psf(residual_.view(), psf.view(), context.part(0.7, 1));
  rms_jy_ = mad_sigma(residual_.view());
  if (!(rms_jy_ > 0))
    throw Error(code::kMosaic, "Expected tiles that show noise, by which they are weighted, but one is all 0");
  return psf;
}

void JointTile::subtract(const SkyComponents& components, const JobContext& context) {
  make_residual(
      components, [&](TileVisibilities& visibilities) { visibilities.subtract_sources(outer_, context.quiet()); },
      context);
}

void JointTile::find_outer(const SkyComponents& components, const OuterSources::IsInner& is_inner,
                           const JobContext& context) {
  const auto find = [&](TileVisibilities& visibilities) {
    OuterSources outer(visibilities.data(), response_, window_.facet, options_.threads, is_inner);
    outer.start_from(outer_, context.quiet());
    outer.find(kLaterRounds, kDepthOfOuter, context.quiet());
    outer_before_ = std::move(outer_);
    outer_ = outer.components();
  };
  make_residual(components, find, context);
}

void JointTile::take_outer_back(const SkyComponents& components, const JobContext& context) {
  outer_ = outer_before_;
  subtract(components, context);
}

/// Makes the image of what components leave, and what `subtract_outer` leaves of that.
void JointTile::make_residual(const SkyComponents& components,
                              const std::function<void(TileVisibilities&)>& subtract_outer, const JobContext& context) {
  const auto source = open_();
  StokesVisibilities data = read(*source, context.quiet());
  TileVisibilities visibilities(data, response_, window_.facet, {options_.epsilon, options_.threads},
                                summary_.sum_of_weights);
  subtract_from(visibilities, components, context.quiet());
  subtract_outer(visibilities);
  visibilities.image(residual_.view(), context.quiet());
  rms_jy_ = mad_sigma(residual_.view());
}

void JointTile::subtract_from(TileVisibilities& visibilities, const SkyComponents& components,
                              const JobContext& context) const {
  visibilities.subtract(apparent(components.on_pixels, visibilities.facet()), context);
  visibilities.subtract_sources(apparent(components.between_pixels, visibilities.facet()), context);
}

/// Components as the tile sees them, about its center.
std::vector<Component> JointTile::apparent(const std::vector<SkyComponent>& components, const Facet& facet) const {
  const TangentAxes axes = tangent_axes(window_.facet.center), own = tangent_axes(response_.center);
  std::vector<Component> result;
  for (const SkyComponent& component : components) {
    const auto [l, m, flux_jy] = component;
    const double seen_jy = flux_jy * beam_scale_ * beam_->at(l, m);
    const Vec3 direction = unit_vector_of(axes, l, m);
    if (seen_jy == 0 || !(dot(direction, own.center) > 0)) continue;
    const Component seen{dot(direction, own.east), dot(direction, own.north), seen_jy};
    if (facet.holds(seen) || std::abs(seen_jy) > kFaintestBeyond * rms_jy_) result.push_back(seen);
  }
  return result;
}

}  // namespace contimg::imaging
