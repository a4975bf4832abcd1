#include "tile_arguments.h"

#include "arguments.h"
#include "imaging_arguments.h"

namespace contimg::bindings {

using imaging::CleanStop;

namespace {

std::vector<imaging::StartSource> start_sources(const Napi::Object& options) {
  std::vector<imaging::StartSource> result;
  for (const Napi::Object& source : objects(options, "startModel"))
    result.push_back({direction(source, "direction"), number(source, "fluxJy"), number(source, "spectralIndex")});
  return result;
}

}  // namespace

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
  result.dish_diameter_m = number(options, "dishDiameterMeters");
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

void set_summary(Napi::Env env, const imaging::TileSummary& summary, Napi::Object result) {
  result.Set("nVisibilities", static_cast<double>(summary.n_visibilities));
  result.Set("nRows", static_cast<double>(summary.n_rows));
  result.Set("nChannels", static_cast<double>(summary.n_channels));
  result.Set("sumOfWeights", summary.sum_of_weights);
  result.Set("freqHz", summary.freq_hz);
  result.Set("bandwidthHz", summary.bandwidth_hz);
  result.Set("startMjdSec", summary.start_mjd_s);
  result.Set("midMjdSec", summary.mid_mjd_s);
  result.Set("exposureSec", summary.exposure_s);
  result.Set("telescopeName", summary.telescope_name);
  result.Set("history", wrap(env, summary.history));
}

void set_clean(Napi::Env env, double cell_rad, const imaging::RestoringBeam& beam, const imaging::CleanResult& clean,
               Napi::Object result) {
  result.Set("cellRad", cell_rad);
  result.Set("beamMajorRad", beam.major_rad);
  result.Set("beamMinorRad", beam.minor_rad);
  result.Set("beamPositionAngleRad", beam.position_angle_rad);
  result.Set("cycles", wrap_cycles(env, clean.cycles));
  result.Set("stop", name_of(clean.stop));
}

}  // namespace contimg::bindings
