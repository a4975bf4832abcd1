// The steps of a joint mosaic:
//
//   1. plan: one grid for all tiles, and the facet of it that each covers
//   2. dirty: every tile is gridded onto its facet, with its PSF, primary beam and noise; without sources beyond the
//      mosaic, whose sidelobes clean would take for sources
//   3. clean: of the flat-noise mosaic of the tiles' residuals. After each cycle every tile is read again, all
//      components are taken off its visibilities as its drifting beam shows them, and what is left is gridded anew:
//      visibilities need not be kept.
//   4. The noise that tiles are weighted by, of dirty images at first, is taken anew after some cycles, and in the end.
//   5. In every cycle, sources beyond the mosaic are fitted anew to what is left of each tile's visibilities, and more
//      are looked for. A fit of many takes some of what clean has yet to find, by its sidelobes: a
//      tenth and more where antennas are few. So it goes on until clean ends, and errs by that part of the last cycle.
#include "imaging/joint_mosaic.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "coordinates/apparent.h"
#include "coordinates/tile_center.h"
#include "core/error.h"
#include "imaging/image_plan.h"
#include "imaging/joint_estimate.h"
#include "imaging/joint_model.h"

namespace contimg::imaging {
namespace {

constexpr std::size_t kFirstCycles = 3;  // with the noise of dirty images
constexpr double kPlanned = 0.95;        // of the cut-off: facets reach a little beyond it

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Five pixels per minor axis of the beam of a tile.
double cell_of(VisibilitySource& source, const TileOptions& options, const JobContext& context) {
  const Observation& observation = source.observation();
  const Direction center = tile_center(observation);
  const ChannelRange channels = options.channels ? *options.channels : ChannelRange{0, observation.n_channels()};
  const StokesVisibilities data = gather_stokes(source, options.stokes, channels, center, options.threads, context);
  const WeightSums sums = sums_of(data, observation.time_mjd_s.size());
  const BandAveragedBeam beam(known_dish_diameter(observation, options.dish_diameter_m), data.freq_hz,
                              sums.per_channel);
  const FieldExtent field =
      field_of_beam(beam, observation.pointing, sums.per_integration, center, options.primary_beam_cutoff);
  return plan_cell(data, field, aberration_scale(center, mid_time_mjd_s(observation)), options.weighting,
                   options.threads, context);
}

class JointMosaic {
 public:
  JointMosaic(const std::vector<OpenSource>& sources, const JointOptions& options)
      : sources_(sources), options_(options) {}

  JointImages make(const JobContext& context) {
    plan(context.part(0, 0.05));
    make_dirty(context.part(0.05, 0.4));
    JointImages result;
    result.beam = fit_restoring_beam(psf_.view(), grid_.mosaic.cell_rad);
    model_.emplace(grid_.mosaic, result.beam, options_.tile.point_sources);
    result.clean = clean_all(result.beam, context.part(0.4, 0.97));
    finish(result);
    context.checkpoint(1);
    return result;
  }

 private:
  using Image = NdArray<float, 2>;
  Image image() const { return Image({grid_.mosaic.ny, grid_.mosaic.nx}); }
  JointEstimate estimate() const {
    return {tiles_, grid_.mosaic, options_.tile.primary_beam_cutoff, options_.tile.threads};
  }

  void plan(const JobContext& context);
  void make_dirty(const JobContext& context);
  bool is_covered(const Vec3& direction) const;
  CleanResult clean_all(const RestoringBeam& beam, const JobContext& context);
  CleanResult clean_some(const CleanOptions& options, const JobContext& context);
  bool has_outer() const { return options_.tile.outer_sources && options_.tile.clean.max_iterations > 0; }
  OuterSources::IsInner is_inner(const JointTile& tile) const;
  void subtract(const JointEstimate& estimate, NdView<const float, 2> model, const JobContext& context);
  void take_back(const JointEstimate& estimate, NdView<const float, 2> model, const JobContext& context);
  void finish(JointImages& result);

  const std::vector<OpenSource>& sources_;
  const JointOptions& options_;
  std::vector<JointField> fields_;
  double freq_hz_ = 0;  ///< of the fluxes
  JointGrid grid_;
  std::vector<JointTile> tiles_;
  Image psf_;  ///< the tiles' mean, 0 beyond their facets
  std::optional<JointModel> model_;
};

void JointMosaic::plan(const JobContext& context) {
  if (sources_.empty())
    throw Error(code::kInvalidArgument, "Expected at least one tile for a mosaic but received none");
  for (const OpenSource& open : sources_) {
    context.checkpoint();
    const auto source = open();
    const Observation& observation = source->observation();
    fields_.push_back(field_of(observation, options_.tile));
    freq_hz_ += mean_of(channels_of(observation, options_.tile)) / static_cast<double>(sources_.size());
  }
  const double cell_rad =
      options_.tile.cell_rad > 0 ? options_.tile.cell_rad : cell_of(*sources_.front()(), options_.tile, context);
  grid_ = plan_joint_grid(fields_, kPlanned * options_.tile.primary_beam_cutoff, cell_rad, options_.max_pixels);
  for (std::size_t t = 0; t < sources_.size(); ++t)
    tiles_.emplace_back(sources_[t], grid_.windows[t], freq_hz_, options_.tile);
}

/// Whether any tile sees a direction well enough to count.
bool JointMosaic::is_covered(const Vec3& direction) const {
  return std::any_of(fields_.begin(), fields_.end(), [&](const JointField& field) {
    const TangentAxes axes = tangent_axes(field.center);
    return dot(direction, axes.center) > 0 &&
           field.response.at(dot(direction, axes.east), dot(direction, axes.north)) >=
               options_.tile.primary_beam_cutoff;
  });
}

void JointMosaic::make_dirty(const JobContext& context) {
  psf_ = image();
  double sum = 0;
  const double n = static_cast<double>(tiles_.size());
  for (std::size_t t = 0; t < tiles_.size(); ++t) {
    JointTile& tile = tiles_[t];
    const double begin = static_cast<double>(t);
    const Image psf = tile.make_dirty(has_outer() ? is_inner(tile) : OuterSources::IsInner(),
                                      context.part(begin / n, (begin + 1) / n));
    const double weight = 1 / (tile.rms_jy() * tile.rms_jy());
    sum += weight;
    const std::ptrdiff_t ny = static_cast<std::ptrdiff_t>(psf_.shape(0)),
                         nx = static_cast<std::ptrdiff_t>(psf_.shape(1)),
                         down = ny / 2 - static_cast<std::ptrdiff_t>(psf.shape(0) / 2),
                         right = nx / 2 - static_cast<std::ptrdiff_t>(psf.shape(1) / 2);
    for (std::ptrdiff_t y = std::max<std::ptrdiff_t>(0, down); y < std::min(ny, ny - down); ++y)
      for (std::ptrdiff_t x = std::max<std::ptrdiff_t>(0, right); x < std::min(nx, nx - right); ++x)
        psf_(y, x) += static_cast<float>(weight * psf(y - down, x - right));
  }
  for (float& value : psf_) value = static_cast<float>(value / sum);
}

OuterSources::IsInner JointMosaic::is_inner(const JointTile& tile) const {
  return [this, center = tile.center()](const Component& source) { return is_covered(unit_vector_of(source, center)); };
}

/// Takes `model`, of a flat-noise mosaic, off all tiles, and sources beyond it.
void JointMosaic::subtract(const JointEstimate& estimate, NdView<const float, 2> model, const JobContext& context) {
  model_->update(model, estimate);
  const SkyComponents all = model_->all();
  for (JointTile& tile : tiles_) {
    if (has_outer())
      tile.find_outer(all, is_inner(tile), context);
    else
      tile.subtract(all, context);
  }
}

/// Leaves the last cycle without effect, after which `model` is that before it.
void JointMosaic::take_back(const JointEstimate& estimate, NdView<const float, 2> model, const JobContext& context) {
  model_->update(model, estimate);
  const SkyComponents all = model_->all();
  for (JointTile& tile : tiles_) tile.take_outer_back(all, context);
}

CleanResult JointMosaic::clean_some(const CleanOptions& options, const JobContext& context) {
  const JointEstimate fixed = estimate();
  Image residual = image(), model = image();
  fixed.flat_noise(residual.view());
  model_->flat_noise(fixed, model.view());
  const auto residual_of = [&](NdView<const float, 2> now, NdView<float, 2> left, const JobContext& cycle) {
    subtract(fixed, now, cycle);
    fixed.flat_noise(left);
  };
  const CleanResult result = clean(psf_.view(), residual.view(), model.view(), options, residual_of, context);
  if (result.stop == CleanStop::kDiverged) take_back(fixed, model.view(), context);
  return result;
}

CleanResult JointMosaic::clean_all(const RestoringBeam& beam, const JobContext& context) {
  CleanOptions options = options_.tile.clean;
  options.threads = options_.tile.threads;
  options.beam_pixels = std::sqrt(beam.major_rad * beam.minor_rad) / grid_.mosaic.cell_rad;
  options.noise_box = static_cast<std::size_t>(std::ceil(options_.tile.local_rms_window * options.beam_pixels));
  CleanResult result;
  // @returns whether there may be more to clean
  const auto go_on = [&](std::size_t n_cycles, double begin, double end) {
    CleanOptions now = options;
    now.max_major_cycles = std::min(n_cycles, options.max_major_cycles);
    const CleanResult part = clean_some(now, context.part(begin, end));
    options.max_major_cycles -= part.cycles.size();
    for (const CleanCycle& cycle : part.cycles) options.max_iterations -= cycle.n_components;
    result.cycles.insert(result.cycles.end(), part.cycles.begin(), part.cycles.end());
    result.stop = part.stop;
    return part.stop != CleanStop::kDiverged && part.stop != CleanStop::kIterations;
  };
  if (go_on(kFirstCycles, 0, 0.5)) go_on(options.max_major_cycles, 0.5, 1);
  return result;
}

void JointMosaic::finish(JointImages& result) {
  JointEstimate last = estimate();
  result.grid = grid_.mosaic;
  result.freq_hz = freq_hz_;
  result.residual = last.mosaic();
  result.mosaic = Image::uninitialized(result.residual.shape());
  std::copy(result.residual.begin(), result.residual.end(), result.mosaic.begin());
  model_->restore(result.mosaic.view());
  result.model = std::move(model_->pixels);
  for (const JointTile& tile : tiles_)
    result.tiles.push_back(
        {tile.summary(), tile.center(), tile.rms_jy(), last.n_pixels(result.tiles.size()), tile.outer()});
  result.weight = std::move(last.weight);
  result.coverage = std::move(last.coverage);
}

}  // namespace

JointImages image_jointly(const std::vector<OpenSource>& sources, const JointOptions& options,
                          const JobContext& context) {
  return JointMosaic(sources, options).make(context);
}

}  // namespace contimg::imaging
