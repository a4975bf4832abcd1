#include "arguments.h"
#include "calibration/solve.h"
#include "job.h"
#include "solutions.h"
#include "source.h"
#include "stages.h"

namespace contimg::bindings {
namespace {

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
                      number(options, "minUvWavelengths"), maximum("maxUvWavelengths")};
  result.prior = solution_set(options, "prior");
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
      [](Napi::Env env, calibration::Solutions&& result) -> Napi::Value { return wrap(env, std::move(result)); });
}

}  // namespace

void add_calibration(Napi::Object exports) { add<solve>(exports, "solveCalibration"); }

}  // namespace contimg::bindings
