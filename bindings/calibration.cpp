#include "arguments.h"
#include "calibration/flag_visibilities.h"
#include "calibration/predict.h"
#include "calibration/solve.h"
#include "imaging/degridded_points.h"
#include "job.h"
#include "ms/caltable.h"
#include "ms/ms_source.h"
#include "ms/write_calibrated.h"
#include "ms/write_flags.h"
#include "solutions.h"
#include "source.h"
#include "stages.h"

namespace contimg::bindings {
namespace {

/// Stages do not call each other: what imaging does well is lent to calibration here.
const imaging::PointDegridder kDegridder;

calibration::SkyModel sky_model(const Napi::Object& options) {
  calibration::SkyModel model;
  for (const Napi::Object& source : objects(options, "sources")) {
    calibration::SkyComponent component;
    component.direction = direction(source, "direction");
    component.flux_jy = number(source, "fluxJy");
    component.reference_hz = number(source, "referenceHz");
    component.log_terms = numbers(source, "logTerms");
    component.major_rad = number(source, "majorRad");
    component.minor_rad = number(source, "minorRad");
    component.position_angle_rad = number(source, "positionAngleRad");
    model.components.push_back(std::move(component));
  }
  model.primary_beam = boolean(options, "primaryBeam");
  model.smearing = boolean(options, "smearing");
  return model;
}

calibration::SolveOptions solve_options(const Napi::Object& options) {
  const auto maximum = [&](const char* name) {
    const double given = number(options, name);
    return given > 0 ? given : std::numeric_limits<double>::infinity();
  };
  calibration::SolveOptions result;
  result.term = term_of(text(options, "term"));
  result.phase_only = boolean(options, "phaseOnly");
  result.interval_s = number(options, "intervalSec");
  result.combine_windows = boolean(options, "combineSpws");
  result.reference = text(options, "reference");
  result.min_baselines = count(options, "minBaselines");
  result.min_snr = number(options, "minSnr");
  result.robust = boolean(options, "robust");
  result.selection = {number(options, "minBaselineMeters"), maximum("maxBaselineMeters"),
                      number(options, "minUvWavelengths"),  maximum("maxUvWavelengths"),
                      number(options, "firstMjdSec"),       maximum("lastMjdSec")};
  result.prior = solution_set(options, "prior");
  result.many_points = &kDegridder;
  result.threads = static_cast<unsigned>(count(options, "threads"));
  return result;
}

Napi::Value solve(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  return start_job(
      info,
      [description = source_description(options, "source"), model = sky_model(object(options, "model")),
       solve = solve_options(options)](const JobContext& context) {
        return calibration::solve(*open_source(description), model, solve, context);
      },
      [](Napi::Env env, Solutions&& result) -> Napi::Value { return wrap(env, std::move(result)); });
}

constexpr std::array<const char*, 4> kPredictionNames{"cheapest", "channels", "nodes",
                                                      "degridding"};  // in the order of Prediction

calibration::Prediction prediction_of(const std::string& name) {
  const auto found = std::find(kPredictionNames.begin(), kPredictionNames.end(), name);
  if (found == kPredictionNames.end())
    throw Error(code::kInvalidArgument,
                "Expected method to be cheapest, channels, nodes or degridding but received " + name);
  return static_cast<calibration::Prediction>(found - kPredictionNames.begin());
}

Napi::Value predict(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  return start_job(
      info,
      [description = source_description(options, "source"), model = sky_model(object(options, "model")),
       method = prediction_of(text(options, "method")),
       threads = static_cast<unsigned>(count(options, "threads"))](const JobContext& context) {
        return calibration::predict(open_source(description)->observation(), model, {method, &kDegridder, threads},
                                    context);
      },
      [](Napi::Env env, calibration::PredictedVisibilities&& predicted) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("visibilities", wrap(env, std::move(predicted.visibilities)));
        result.Set("method", kPredictionNames[static_cast<std::size_t>(predicted.method)]);
        return result;
      });
}

Napi::Value flag(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  calibration::FlagOptions flag;
  flag.autocorrelations = boolean(options, "autocorrelations");
  flag.shadowed = boolean(options, "shadowed");
  flag.dead_antennas = boolean(options, "deadAntennas");
  flag.interference = boolean(options, "interference");
  flag.edge_channels = count(options, "edgeChannels");
  flag.interference_threshold = number(options, "interferenceThresholdSigma");
  flag.eta = number(options, "eta");
  flag.threads = static_cast<unsigned>(count(options, "threads"));
  struct Result {
    calibration::Flags flags;
    std::vector<std::string> dead, shadowed;
  };
  return start_job(
      info,
      [description = source_description(options, "source"), flag](const JobContext& context) {
        const auto source = open_source(description);
        Result result{calibration::flag_visibilities(*source, flag, context), {}, {}};
        const auto& antennas = source->observation().antennas;
        for (const std::size_t a : result.flags.dead_antennas) result.dead.push_back(antennas[a].name);
        for (const std::size_t a : result.flags.shadowed_antennas) result.shadowed.push_back(antennas[a].name);
        return result;
      },
      [](Napi::Env env, Result&& result) -> Napi::Value {
        Napi::Object object = Napi::Object::New(env);
        object.Set("reasons", wrap(env, std::move(result.flags.reasons)));
        const auto& counts = result.flags.counts;
        object.Set("reasonCounts", wrap(env, std::vector<double>(counts.begin(), counts.end())));
        object.Set("deadAntennas", wrap(env, result.dead));
        object.Set("shadowedAntennas", wrap(env, result.shadowed));
        return object;
      });
}

Napi::Value write_flags(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  return start_job(
      info,
      [path = text(options, "path"), choice = ms_choice(options),
       reasons = array<std::uint8_t, 3>(options, "reasons")](const JobContext&) {
        ms::write_flags(path, ms::MsSource(path, {}, "DATA", ms::Selection{choice}).contents(), reasons);
        return Nothing{};
      },
      wrap_nothing);
}

Napi::Value write_calibrated(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  return start_job(
      info,
      [description = source_description(options, "source"),
       history = texts(options, "history")](const JobContext& context) {
        const std::string& path = description.paths.front();
        auto ms = std::make_unique<ms::MsSource>(path, description.earth_orientation);
        const ms::MsContents contents = ms->contents();
        const auto source = corrected(std::move(ms), description);
        return ms::write_calibrated(path, *source, contents, history, context);
      },
      [](Napi::Env env, ms::WrittenVisibilities&& written) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("nVisibilities", static_cast<double>(written.n_visibilities));
        result.Set("nFlagged", static_cast<double>(written.n_flagged));
        return result;
      });
}

Napi::Value write_table(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  return start_job(
      info,
      [path = text(options, "path"), ms_name = text(options, "msName"),
       written = solutions(object(options, "solutions"))](const JobContext&) {
        ms::write_caltable(*written, path, ms_name);
        return Nothing{};
      },
      wrap_nothing);
}

Napi::Value read_table(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  return start_job(
      info, [path = text(options, "path")](const JobContext&) { return ms::read_caltable(path); },
      [](Napi::Env env, Solutions&& result) -> Napi::Value { return wrap(env, std::move(result)); });
}

}  // namespace

void add_calibration(Napi::Object exports) {
  add<solve>(exports, "solveCalibration");
  add<predict>(exports, "predictVisibilities");
  add<flag>(exports, "flagVisibilities");
  add<write_flags>(exports, "writeMsFlags");
  add<write_calibrated>(exports, "writeCalibratedMs");
  add<write_table>(exports, "writeCalibrationTable");
  add<read_table>(exports, "readCalibrationTable");
}

}  // namespace contimg::bindings
