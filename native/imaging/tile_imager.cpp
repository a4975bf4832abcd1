#include "imaging/tile_imager.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "coordinates/apparent.h"
#include "coordinates/tile_center.h"
#include "core/constants.h"
#include "core/error.h"
#include "imaging/band_terms.h"
#include "imaging/image_plan.h"
#include "imaging/image_statistics.h"
#include "imaging/outer_sources.h"
#include "imaging/point_sources.h"
#include "imaging/spectral_terms.h"
#include "imaging/stokes_visibilities.h"
#include "imaging/tile_summary.h"
#include "imaging/tile_visibilities.h"

namespace contimg::imaging {
namespace {

/// Fills in size and cell where they are not given.
SkyGrid plan_grid(const Observation& observation, const StokesVisibilities& data, const Direction& center,
                  double aberration, const TileOptions& options, const JobContext& context) {
  SkyGrid grid{center, options.nx, options.ny, options.cell_rad};
  if (grid.nx > 0 && grid.ny > 0 && grid.cell_rad > 0) return grid;
  const double diameter_m = dish_diameter(observation, options.dish_diameter_m);
  if (!(diameter_m > 0))
    throw Error(code::kInvalidArgument,
                "Expected npix (or nx and ny) and cellArcsec, or dishDiameterMeters, as the antennas have no dish "
                "diameter whose beam would say how large an image is");
  const WeightSums sums = sums_of(data, observation.time_mjd_s.size());
  const BandAveragedBeam beam(diameter_m, data.freq_hz, sums.per_channel);
  const FieldExtent field =
      field_of_beam(beam, observation.pointing, sums.per_integration, center, options.field_level);
  if (!(grid.cell_rad > 0))
    grid.cell_rad = plan_cell(data, field, aberration, options.weighting, options.threads, context);
  const auto size = [&](double extent) {
    return std::max<std::size_t>(32, fft_size(static_cast<std::size_t>(std::ceil(2 * extent / grid.cell_rad))));
  };
  if (grid.nx == 0) grid.nx = size(field.l);
  if (grid.ny == 0) grid.ny = size(field.m);
  return grid;
}

/// Those of the options that are given in angles or beams, in pixels.
CleanOptions clean_options_of(const TileOptions& options, const RestoringBeam& beam, const SkyGrid& grid) {
  CleanOptions clean = options.clean;
  clean.threads = options.threads;
  clean.beam_pixels = std::sqrt(beam.major_rad * beam.minor_rad) / grid.cell_rad;
  clean.noise_box = static_cast<std::size_t>(std::ceil(options.local_rms_window * clean.beam_pixels));
  if (!options.multiscale) return clean;
  for (const double scale : options.scales_rad) clean.scales.push_back(scale / grid.cell_rad);
  constexpr std::size_t kScales = 4;
  const double smaller_side = static_cast<double>(std::min(grid.nx, grid.ny));
  for (const double scale : clean.scales)
    if (scale > smaller_side / 2)
      throw Error(code::kInvalidArgument, "Expected scales up to half the image, " +
                                              std::to_string(smaller_side / 2 * grid.cell_rad / kArcsec) +
                                              "\", but received " + std::to_string(scale * grid.cell_rad / kArcsec) +
                                              "\"");
  if (clean.scales.empty())
    for (double scale = clean.beam_pixels; clean.scales.size() < kScales && scale < smaller_side / 8; scale *= 2)
      clean.scales.push_back(scale);
  return clean;
}

/// Sources beyond the image are looked for before the first minor cycle, whose components would take their sidelobes
/// for sources, and in the first major cycles: deeper as the sources of the image go.
constexpr std::size_t kCyclesWithOuter = 4, kFirstRounds = 4, kLaterRounds = 2;
constexpr double kDepthOfOuter = 0.15;

/// Makes the images of one set of weighted visibilities, which end as those of the residual.
class TileImager {
 public:
  TileImager(const Observation& observation, const SkyGrid& grid, double aberration, const TileOptions& options)
      : observation_(observation), grid_(grid), aberration_(aberration), options_(options) {}

  void weight(StokesVisibilities& data) const {
    apply_weighting(data.uvw_m.view(), data.frequencies(), {grid_.nx, grid_.ny, grid_.cell_rad * aberration_},
                    options_.weighting, data.weights.view());
  }

  TileImages images(StokesVisibilities& data, ChannelRange channels, std::size_t n_spectral_terms,
                    const JobContext& context) const;

 private:
  NdArray<float, 2> image() const { return NdArray<float, 2>::uninitialized({grid_.ny, grid_.nx}); }

  const Observation& observation_;
  SkyGrid grid_;
  double aberration_;
  const TileOptions& options_;
};

/// What makes `after` of the sources `before`.
std::vector<Component> differences(const std::vector<Component>& before, const std::vector<Component>& after) {
  std::vector<Component> changes = after;
  for (const Component& source : before) {
    changes.push_back(source);
    changes.back().flux_jy = -source.flux_jy;
  }
  return changes;
}

constexpr double kLargestIndexError = 0.5;

/// d ln S / d ln nu at the mean of ln nu, from the restored image and those of the terms, where the noise of the terms
/// leaves it known well enough.
NdArray<float, 2> spectral_index_image(const TileImages& tile, const SpectralTerms& spectra, double base_index,
                                       const std::vector<double>& slopes, const JobContext& context) {
  NdArray<float, 2> index({tile.grid.ny, tile.grid.nx});
  double variance = 0;
  for (std::size_t term = 0; term < slopes.size(); ++term) {
    const auto restored = spectra.restored(term, tile.beam, context);
    for (std::size_t i = 0; i < index.size(); ++i)
      index.data()[i] += static_cast<float>(slopes[term]) * restored.data()[i];
    variance += slopes[term] * slopes[term];
  }
  const double faintest = std::sqrt(variance) * tile.rms_jy / kLargestIndexError;
  for (std::size_t i = 0; i < index.size(); ++i) {
    const float flux = tile.restored.data()[i];
    index.data()[i] = flux > faintest ? static_cast<float>(base_index) + index.data()[i] / flux
                                      : std::numeric_limits<float>::quiet_NaN();
  }
  return index;
}

TileImages TileImager::images(StokesVisibilities& data, ChannelRange channels, std::size_t n_spectral_terms,
                              const JobContext& context) const {
  const WeightSums sums = sums_of(data, observation_.time_mjd_s.size());
  if (!(sums.total > 0))
    throw Error(code::kNoValidData, "Expected visibilities within the uv range but there are none");
  TileImages tile;
  static_cast<TileSummary&>(tile) = summarize(observation_, data, sums);
  tile.grid = grid_;
  tile.channels = channels;
  tile.dish_diameter_m = dish_diameter(observation_, options_.dish_diameter_m);

  const BandTerms band(data.freq_hz, sums.per_channel, n_spectral_terms - 1);
  const TileResponse response{tile.dish_diameter_m, options_.spectral_index, data.freq_hz,         sums.per_channel,
                              band.values,          observation_.pointing,   sums.per_integration, grid_.center,
                              aberration_};
  TileVisibilities visibilities(data, response, grid_, {options_.epsilon, options_.threads}, sums.total);
  tile.dirty = image();
  tile.psf = image();
  visibilities.image_and_psf(tile.dirty.view(), tile.psf.view(), context.part(0, 0.25));
  tile.beam = fit_restoring_beam(tile.psf.view(), grid_.cell_rad);
  tile.dirty_rms_jy = mad_sigma(tile.dirty.view());

  const CleanOptions clean_options = clean_options_of(options_, tile.beam, grid_);
  tile.model = NdArray<float, 2>({grid_.ny, grid_.nx});
  tile.residual = image();
  std::copy(tile.dirty.begin(), tile.dirty.end(), tile.residual.begin());
  const auto& freq_hz = observation_.freq_hz;
  const double middle_hz = std::accumulate(freq_hz.begin(), freq_hz.end(), 0.0) / double(freq_hz.size());
  const StartModel start(options_.start_model, response, middle_hz, grid_);
  if (!start.components().empty()) {
    start.add_to(tile.model.view(), 1);
    visibilities.subtract_sources(start.components(), tile.model.view(), context);
    visibilities.image(tile.residual.view(), context.quiet());
  }
  OuterSources outer(data, response, grid_, options_.threads);
  if (options_.outer_sources && clean_options.max_iterations > 0) {
    outer.find(kFirstRounds, kDepthOfOuter, context.part(0.25, 0.5));
    if (!outer.components().empty()) visibilities.image(tile.residual.view(), context.quiet());
  }
  SpectralTerms spectra(visibilities, response, grid_, clean_options, context.quiet());
  PointSources points(grid_, tile.beam, start.components());
  // Components that have a width or a spectrum of their own are no points that could be put together.
  const bool finds_points = options_.point_sources && !options_.multiscale && n_spectral_terms == 1;
  std::size_t cycle_number = 0;
  double sigma_jy = mad_sigma(tile.residual.view());
  PointSources kept_points = points;  // for clean to take a cycle back
  std::vector<Component> kept_outer = outer.components();
  tile.clean = clean(
      tile.psf.view(), tile.residual.view(), tile.model.view(), clean_options,
      [&](NdView<const float, 2> model, NdView<float, 2> residual, const JobContext& cycle) {
        ++cycle_number;
        kept_points = points;
        kept_outer = outer.components();
        if (finds_points) {
          const auto [stand_ins, sources] = points.find(model, [&](const Component&) { return sigma_jy; });
          visibilities.replace(stand_ins, sources, model, cycle);
        }
        visibilities.subtract(model, cycle);
        if (options_.outer_sources && cycle_number <= kCyclesWithOuter) outer.find(kLaterRounds, kDepthOfOuter, cycle);
        spectra.update(model, cycle);
        visibilities.image(residual, cycle);
        sigma_jy = mad_sigma(residual);
      },
      context.part(0.5, 0.95));
  const bool taken_back = tile.clean.stop == CleanStop::kDiverged;
  tile.outer = outer.components();
  if (taken_back) {
    points = kept_points;
    if (!band.values.empty()) {  // the images of terms come from the visibilities
      visibilities.subtract(tile.model.view(), context.quiet());
      visibilities.subtract_sources(differences(tile.outer, kept_outer), context.quiet());
      spectra.take_back(context.quiet());
    }
    tile.outer = kept_outer;
  }
  tile.points = points.components();
  tile.rms_jy = mad_sigma(tile.residual.view());

  tile.restored = image();
  std::copy(tile.residual.begin(), tile.residual.end(), tile.restored.begin());
  start.add_to(tile.model.view(), -1);
  points.add_stand_ins(tile.model.view(), -1);
  restore(tile.model.view(), tile.beam, grid_.cell_rad, tile.restored.view());
  points.add_stand_ins(tile.model.view(), 1);
  start.add_to(tile.model.view(), 1);
  start.restore(tile.beam, tile.restored.view());
  points.restore(tile.restored.view());
  for (const Component& source : tile.outer) {  // some reach across the border
    const auto [x, y] = position_of(grid_, source);
    restore_point(source.flux_jy, x, y, tile.beam, grid_.cell_rad, tile.restored.view());
  }
  if (!band.values.empty())
    tile.spectral_index = spectral_index_image(tile, spectra, options_.spectral_index, band.slopes, context.quiet());
  const BandAveragedBeam beam(response.dish_diameter_m, data.freq_hz, sums.per_channel);
  tile.primary_beam = tile_primary_beam(beam, observation_.pointing, sums.per_integration, grid_, options_.threads);
  tile.restored_pb = divide_by_beam(tile.restored.view(), tile.primary_beam.view(), options_.primary_beam_cutoff);
  tile.weight = inverse_variance(tile.primary_beam.view(), tile.rms_jy, options_.primary_beam_cutoff);
  context.checkpoint(1);
  return tile;
}

/// Images of `n_parts` equal parts of the channels of `data`, which stays as it is.
std::vector<TileImages> image_parts(const TileImager& imager, const StokesVisibilities& data, ChannelRange channels,
                                    bool weighted, std::size_t n_parts, const JobContext& context) {
  std::vector<TileImages> images;
  for (std::size_t i = 0; i < n_parts; ++i) {
    const ChannelRange range{channels.size() * i / n_parts, channels.size() * (i + 1) / n_parts};
    StokesVisibilities part = channels_of(data, range);
    if (!weighted) imager.weight(part);
    if (std::none_of(part.weights.begin(), part.weights.end(), [](float weight) { return weight > 0; })) continue;
    const ChannelRange of_observation{channels.first + range.first, channels.first + range.end};
    const double n = static_cast<double>(n_parts), start = static_cast<double>(i);
    try {
      images.push_back(imager.images(part, of_observation, 1, context.part(start / n, (start + 1) / n)));
    } catch (const Error& error) {
      throw Error(error.code(), "Channels " + std::to_string(of_observation.first) + " up to " +
                                    std::to_string(of_observation.end) + ": " + error.what());
    }
    images.back().part = i;
  }
  return images;
}

}  // namespace

TileImages image_tile(VisibilitySource& source, const TileOptions& options, const JobContext& context) {
  const Observation& observation = source.observation();
  dish_diameter(observation, options.dish_diameter_m);  // There are rows.
  const Direction center = options.phase_center ? *options.phase_center : tile_center(observation);
  const double aberration = aberration_scale(center, mid_time_mjd_s(observation));
  const ChannelRange channels = options.channels ? *options.channels : ChannelRange{0, observation.n_channels()};
  if (options.channels_out == 0 || options.channels_out > channels.size())
    throw Error(code::kInvalidArgument, "Expected 1 to " + std::to_string(channels.size()) +
                                            " images, one per channel at most, but received channelsOut " +
                                            std::to_string(options.channels_out));
  StokesVisibilities data =
      gather_stokes(source, options.stokes, channels, center, options.threads, context.part(0, 0.15));
  const SkyGrid grid = plan_grid(observation, data, center, aberration, options, context.part(0.15, 0.2));
  const TileImager imager(observation, grid, aberration, options);

  // Weights by the density of all channels, or of each, are the same for the image of all channels and of parts.
  const bool weighted = options.weighting.density != WeightDensity::kImage;
  if (weighted) imager.weight(data);
  std::vector<TileImages> parts;
  if (options.channels_out > 1)  // they take as long as the image of all channels
    parts = image_parts(imager, data, channels, weighted, options.channels_out, context.part(0.2, 0.6));
  if (!weighted) imager.weight(data);
  TileImages tile = imager.images(data, channels, options.spectral_terms, context.part(parts.empty() ? 0.2 : 0.6, 1));
  tile.parts = std::move(parts);
  return tile;
}

}  // namespace contimg::imaging
