#include "imaging/tile_imager.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "coordinates/apparent.h"
#include "coordinates/tile_center.h"
#include "core/error.h"
#include "imaging/image_plan.h"
#include "imaging/image_statistics.h"
#include "imaging/stokes_visibilities.h"
#include "imaging/tile_visibilities.h"

namespace contimg::imaging {
namespace {

/// Sums of weights over one axis.
struct WeightSums {
  std::vector<double> per_integration, per_channel;
  double total = 0;
};

WeightSums sums_of(const StokesVisibilities& data, std::size_t n_times) {
  const std::size_t n_channels = data.weights.shape(1);
  WeightSums sums{std::vector<double>(n_times, 0.0), std::vector<double>(n_channels, 0.0), 0};
  for (std::size_t row = 0; row < data.weights.shape(0); ++row) {
    double of_row = 0;
    for (std::size_t k = 0; k < n_channels; ++k) {
      of_row += data.weights(row, k);
      sums.per_channel[k] += data.weights(row, k);
    }
    sums.per_integration[data.time_index[row]] += of_row;
    sums.total += of_row;
  }
  return sums;
}

/// The diameter of the dishes in use; they are of one kind.
double dish_diameter(const Observation& observation) {
  if (observation.n_rows() == 0)
    throw Error(code::kNoValidData, "Expected visibilities to image but there are no rows");
  return observation.antennas[observation.antenna1.front()].diameter_m;
}

/// Fills in size and cell where they are not given.
SkyGrid plan_grid(const Observation& observation, const StokesVisibilities& data, const Direction& center,
                  double aberration, const TileOptions& options, const JobContext& context) {
  SkyGrid grid{center, options.nx, options.ny, options.cell_rad};
  if (grid.nx > 0 && grid.ny > 0 && grid.cell_rad > 0) return grid;
  const WeightSums sums = sums_of(data, observation.time_mjd_s.size());
  const BandAveragedBeam beam(dish_diameter(observation), observation.freq_hz, sums.per_channel);
  const FieldExtent field =
      field_of_beam(beam, observation.pointing, sums.per_integration, center, options.field_level);
  if (!(grid.cell_rad > 0)) {
    RestoringBeam apparent =
        estimate_beam(data, observation.freq_hz, field, options.weighting, options.threads, context);
    apparent.minor_rad /= aberration;
    grid.cell_rad = cell_for_beam(apparent);
  }
  const auto size = [&](double extent) {
    return std::max<std::size_t>(32, fft_size(static_cast<std::size_t>(std::ceil(2 * extent / grid.cell_rad))));
  };
  if (grid.nx == 0) grid.nx = size(field.l);
  if (grid.ny == 0) grid.ny = size(field.m);
  return grid;
}

/// Side of the boxes of local noise in pixels, from that in beams.
std::size_t noise_box(double beams, const RestoringBeam& beam, double cell_rad) {
  return static_cast<std::size_t>(std::ceil(beams * std::sqrt(beam.major_rad * beam.minor_rad) / cell_rad));
}

void describe(const Observation& observation, const WeightSums& sums, TileImages& tile) {
  tile.sum_of_weights = sums.total;
  double lowest = 0, highest = 0;
  for (std::size_t k = 0; k < sums.per_channel.size(); ++k) {
    if (!(sums.per_channel[k] > 0)) continue;
    tile.freq_hz += sums.per_channel[k] / sums.total * observation.freq_hz[k];
    if (lowest == 0) lowest = observation.freq_hz[k] - 0.5 * observation.channel_width_hz[k];
    highest = observation.freq_hz[k] + 0.5 * observation.channel_width_hz[k];
    ++tile.n_channels;
  }
  tile.bandwidth_hz = highest - lowest;
  tile.start_mjd_s = observation.time_mjd_s.front() - 0.5 * observation.integration_s.front();
  tile.mid_mjd_s = mid_time_mjd_s(observation);
  for (std::size_t t = 0; t < sums.per_integration.size(); ++t)
    if (sums.per_integration[t] > 0) tile.exposure_s += observation.integration_s[t];
  tile.telescope_name = observation.telescope_name;
  tile.history = observation.history;
}

}  // namespace

TileImages image_tile(VisibilitySource& source, const TileOptions& options, const JobContext& context) {
  const Observation& observation = source.observation();
  const double diameter_m = dish_diameter(observation);
  const Direction center = options.phase_center ? *options.phase_center : tile_center(observation);
  const double aberration = aberration_scale(center, mid_time_mjd_s(observation));
  StokesVisibilities data = gather_stokes_i(source, center, options.threads, context.part(0, 0.15));

  TileImages tile;
  tile.grid = plan_grid(observation, data, center, aberration, options, context.part(0.15, 0.2));
  const auto& grid = tile.grid;
  const ImageGrid apparent{grid.nx, grid.ny, grid.cell_rad * aberration};
  apply_weighting(data.uvw_m.view(), {observation.freq_hz.data(), {observation.freq_hz.size()}}, apparent,
                  options.weighting, data.weights.view());
  const WeightSums sums = sums_of(data, observation.time_mjd_s.size());
  describe(observation, sums, tile);
  tile.n_visibilities = data.n_used;
  tile.n_rows = data.weights.shape(0);

  const TileResponse response{diameter_m,
                              options.spectral_index,
                              observation.freq_hz,
                              sums.per_channel,
                              observation.pointing,
                              sums.per_integration,
                              center,
                              aberration};
  TileVisibilities visibilities(data, response, grid, {options.epsilon, options.threads}, sums.total);
  const auto image = [&] { return NdArray<float, 2>::uninitialized({grid.ny, grid.nx}); };
  tile.psf = image();
  visibilities.psf(tile.psf.view(), context.part(0.2, 0.3));
  tile.beam = fit_restoring_beam(tile.psf.view(), grid.cell_rad);
  tile.dirty = image();
  visibilities.image(tile.dirty.view(), context.part(0.3, 0.4));

  CleanOptions clean_options = options.clean;
  clean_options.noise_box = noise_box(options.local_rms_window, tile.beam, grid.cell_rad);
  clean_options.threads = options.threads;
  tile.model = NdArray<float, 2>({grid.ny, grid.nx});
  tile.residual = image();
  std::copy(tile.dirty.begin(), tile.dirty.end(), tile.residual.begin());
  const StartModel start(options.start_model, response, tile.freq_hz, grid);
  if (!start.components().empty()) {
    start.add_to(tile.model.view(), 1);
    visibilities.subtract_sources(start.components(), tile.model.view(), context);
    visibilities.image(tile.residual.view(), context.quiet());
  }
  tile.clean = clean(
      tile.psf.view(), tile.residual.view(), tile.model.view(), clean_options,
      [&](NdView<const float, 2> model, NdView<float, 2> residual, const JobContext& cycle) {
        visibilities.subtract(model, cycle);
        visibilities.image(residual, cycle);
      },
      context.part(0.4, 0.95));
  tile.rms_jy = mad_sigma(tile.residual.view());

  tile.restored = image();
  std::copy(tile.residual.begin(), tile.residual.end(), tile.restored.begin());
  start.add_to(tile.model.view(), -1);
  restore(tile.model.view(), tile.beam, grid.cell_rad, tile.restored.view());
  start.add_to(tile.model.view(), 1);
  start.restore(tile.beam, tile.restored.view());
  const BandAveragedBeam beam(diameter_m, observation.freq_hz, sums.per_channel);
  tile.primary_beam = tile_primary_beam(beam, observation.pointing, sums.per_integration, grid, options.threads);
  context.checkpoint(1);
  return tile;
}

}  // namespace contimg::imaging
