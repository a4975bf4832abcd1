#include "arguments.h"
#include "imaging/tile_imager.h"
#include "imaging_arguments.h"
#include "job.h"
#include "source.h"
#include "stages.h"

namespace contimg::bindings {
namespace {

using imaging::CleanStop;
using imaging::TileImages;

std::vector<imaging::StartSource> start_sources(const Napi::Object& options) {
  std::vector<imaging::StartSource> result;
  for (const Napi::Object& source : objects(options, "startModel"))
    result.push_back({direction(source, "direction"), number(source, "fluxJy"), number(source, "spectralIndex")});
  return result;
}

imaging::TileOptions tile_options(const Napi::Object& options) {
  imaging::TileOptions result;
  result.stokes = static_cast<imaging::Stokes>(static_cast<int>(number(options, "stokesCode")));
  if (has(options, "channelRange")) {
    const Napi::Object range = object(options, "channelRange");
    result.channels = imaging::ChannelRange{count(range, "first"), count(range, "end")};
  }
  result.channels_out = count(options, "channelsOut");
  if (has(options, "phaseCenter")) result.phase_center = direction(options, "phaseCenter");
  result.nx = count(options, "nx");
  result.ny = count(options, "ny");
  result.cell_rad = number(options, "cellRad");
  result.field_level = number(options, "fieldLevel");
  result.weighting = weighting(options, "weighting");
  result.epsilon = number(options, "epsilon");
  result.spectral_index = number(options, "spectralIndex");
  result.spectral_terms = count(options, "spectralTerms");
  result.start_model = start_sources(options);
  result.clean.max_iterations = count(options, "niter");
  result.clean.max_major_cycles = count(options, "maxMajorCycles");
  result.clean.gain = number(options, "gain");
  result.clean.major_gain = number(options, "mgain");
  result.clean.threshold_jy = number(options, "thresholdJyBeam");
  result.clean.mask_sigma = number(options, "autoMaskSigma");
  result.clean.threshold_sigma = number(options, "autoThresholdSigma");
  if (has(options, "mask")) result.clean.mask = array<std::uint8_t, 2>(options, "mask");
  result.multiscale = boolean(options, "multiscale");
  result.scales_rad = numbers(options, "scalesRad");
  result.clean.scale_bias = number(options, "multiscaleScaleBias");
  result.local_rms_window = number(options, "localRmsWindow");
  result.primary_beam_cutoff = number(options, "primaryBeamCutoff");
  result.outer_sources = boolean(options, "outerSources");
  result.point_sources = boolean(options, "pointSources");
  result.threads = static_cast<unsigned>(count(options, "threads"));
  return result;
}

const char* name_of(CleanStop stop) {
  switch (stop) {
    case CleanStop::kThreshold:
      return "threshold";
    case CleanStop::kIterations:
      return "iterations";
    case CleanStop::kMajorCycles:
      return "majorCycles";
    case CleanStop::kDiverged:
      return "diverged";
  }
  return "threshold";
}

Napi::Array wrap_cycles(Napi::Env env, const std::vector<imaging::CleanCycle>& cycles) {
  Napi::Array result = Napi::Array::New(env, cycles.size());
  for (std::size_t i = 0; i < cycles.size(); ++i) {
    Napi::Object cycle = Napi::Object::New(env);
    cycle.Set("nComponents", static_cast<double>(cycles[i].n_components));
    cycle.Set("modelFluxJy", cycles[i].model_flux_jy);
    cycle.Set("peakJyBeam", cycles[i].peak_jy);
    cycle.Set("rmsJyBeam", cycles[i].rms_jy);
    cycle.Set("seconds", cycles[i].seconds);
    result[static_cast<uint32_t>(i)] = cycle;
  }
  return result;
}

Napi::Array wrap_sources(Napi::Env env, const std::vector<imaging::Component>& sources, const Direction& center) {
  Napi::Array result = Napi::Array::New(env, sources.size());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    Napi::Object source = Napi::Object::New(env);
    source.Set("direction", wrap(env, direction_of(unit_vector_of(sources[i], center))));
    source.Set("apparentFluxJy", sources[i].flux_jy);
    result[static_cast<uint32_t>(i)] = source;
  }
  return result;
}

Napi::Value wrap_tile(Napi::Env env, TileImages&& tile) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("dirty", wrap(env, std::move(tile.dirty)));
  result.Set("psf", wrap(env, std::move(tile.psf)));
  result.Set("model", wrap(env, std::move(tile.model)));
  result.Set("residual", wrap(env, std::move(tile.residual)));
  result.Set("restored", wrap(env, std::move(tile.restored)));
  result.Set("restoredPb", wrap(env, std::move(tile.restored_pb)));
  result.Set("weight", wrap(env, std::move(tile.weight)));
  result.Set("primaryBeam", wrap(env, std::move(tile.primary_beam)));
  if (tile.spectral_index.size() > 0) result.Set("spectralIndex", wrap(env, std::move(tile.spectral_index)));
  result.Set("center", wrap(env, tile.grid.center));
  result.Set("cellRad", tile.grid.cell_rad);
  result.Set("beamMajorRad", tile.beam.major_rad);
  result.Set("beamMinorRad", tile.beam.minor_rad);
  result.Set("beamPositionAngleRad", tile.beam.position_angle_rad);
  result.Set("cycles", wrap_cycles(env, tile.clean.cycles));
  result.Set("stop", name_of(tile.clean.stop));
  result.Set("outerSources", wrap_sources(env, tile.outer, tile.grid.center));
  result.Set("pointSources", wrap_sources(env, tile.points, tile.grid.center));
  result.Set("rmsJyBeam", tile.rms_jy);
  result.Set("firstChannel", static_cast<double>(tile.channels.first));
  result.Set("endChannel", static_cast<double>(tile.channels.end));
  result.Set("part", static_cast<double>(tile.part));
  result.Set("nVisibilities", static_cast<double>(tile.n_visibilities));
  result.Set("nRows", static_cast<double>(tile.n_rows));
  result.Set("nChannels", static_cast<double>(tile.n_channels));
  result.Set("sumOfWeights", tile.sum_of_weights);
  result.Set("freqHz", tile.freq_hz);
  result.Set("bandwidthHz", tile.bandwidth_hz);
  result.Set("startMjdSec", tile.start_mjd_s);
  result.Set("midMjdSec", tile.mid_mjd_s);
  result.Set("exposureSec", tile.exposure_s);
  result.Set("telescopeName", tile.telescope_name);
  result.Set("history", wrap(env, tile.history));
  Napi::Array parts = Napi::Array::New(env, tile.parts.size());
  for (std::size_t i = 0; i < tile.parts.size(); ++i)
    parts[static_cast<uint32_t>(i)] = wrap_tile(env, std::move(tile.parts[i]));
  result.Set("parts", parts);
  return result;
}

Napi::Value image_tile(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  return start_job(
      info,
      [description = source_description(options, "source"), tile = tile_options(options)](const JobContext& context) {
        return imaging::image_tile(*open_source(description), tile, context);
      },
      wrap_tile);
}

}  // namespace

void add_imaging(Napi::Object exports) { add<image_tile>(exports, "imageTile"); }

}  // namespace contimg::bindings
