#include "arguments.h"
#include "core/source_arrays.h"
#include "job.h"
#include "ms/ms_source.h"
#include "ms/ms_validate.h"
#include "ms/ms_write.h"
#include "ms/pending_folder.h"
#include "ms/table_lock.h"
#include "source.h"
#include "stages.h"

namespace contimg::bindings {
namespace {

ms::WriteOptions write_options(const Napi::Object& options) {
  ms::WriteOptions result;
  result.fields = text(options, "fields") == "single" ? ms::FieldLayout::kSingle : ms::FieldLayout::kMeridian;
  if (has(options, "phaseCenter")) result.center = direction(options, "phaseCenter");
  result.telescope_name = text(options, "telescopeName");
  result.autocorrelations = boolean(options, "autocorrelations");
  result.one_window = text(options, "spectralWindows") == "one";
  result.model_data = boolean(options, "modelData");
  result.corrected_data = boolean(options, "correctedData");
  result.always_weight_spectrum = boolean(options, "alwaysWeightSpectrum");
  result.validation_is_fatal = boolean(options, "validationIsFatal");
  if (has(options, "averaging")) {
    const Napi::Object averaging = object(options, "averaging");
    result.averaging = ms::AveragingLimits{number(averaging, "maxSmearing"), number(averaging, "fieldRadiusRad"),
                                           number(averaging, "maxIntervalSec")};
  }
  result.first_year = static_cast<int>(count(options, "firstYear"));
  result.last_year = static_cast<int>(count(options, "lastYear"));
  return result;
}

Napi::Value convert(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  return start_job(
      info,
      [description = source_description(options, "source"), path = text(options, "path"),
       write = write_options(options)](const JobContext& context) {
        ms::require_absent(path);
        return ms::write_ms(*open_source(description), path, write, context);
      },
      [](Napi::Env env, std::string&& failure) -> Napi::Value { return Napi::String::New(env, failure); });
}

/// MsDescription of addon.d.ts.
Napi::Object wrap(Napi::Env env, ms::MsContents&& contents) {
  Napi::Array fields = Napi::Array::New(env, contents.fields.size());
  for (std::size_t i = 0; i < contents.fields.size(); ++i) {
    Napi::Object field = Napi::Object::New(env);
    field.Set("name", contents.fields[i].name);
    field.Set("center", bindings::wrap(env, contents.fields[i].center));
    fields[static_cast<uint32_t>(i)] = field;
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("nRows", static_cast<double>(contents.n_table_rows));
  result.Set("fields", fields);
  const auto& field_of_time = contents.field_of_time;
  result.Set("fieldOfTime", bindings::wrap(env, std::vector<double>(field_of_time.begin(), field_of_time.end())));
  result.Set("observation", bindings::wrap(env, std::move(contents.observation)));
  return result;
}

Napi::Value describe(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  return start_job(
      info,
      [path = text(options, "path"), column = text(options, "dataColumn"),
       selection = ms::Selection{ms_choice(options)}](const JobContext&) {
        return ms::MsSource(path, {}, column, selection).contents();
      },
      [](Napi::Env env, ms::MsContents&& contents) -> Napi::Value { return wrap(env, std::move(contents)); });
}

struct MsColumns {
  ms::MsContents contents;
  SourceArrays arrays;
};

Napi::Value read(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  const auto limit = [&](const char* key) { return has(options, key) ? count(options, key) : ms::Selection::kAll; };
  const ms::Selection selection{ms_choice(options), count(options, "firstTime"), limit("nTimes"),
                                count(options, "firstSpw"), limit("nSpws")};
  return start_job(
      info,
      [path = text(options, "path"), column = text(options, "dataColumn"), selection](const JobContext& context) {
        ms::MsSource source(path, {}, column, selection);
        SourceArrays arrays = read_all(source, context);
        return MsColumns{source.contents(), std::move(arrays)};
      },
      [](Napi::Env env, MsColumns&& columns) -> Napi::Value {
        Napi::Object result = wrap(env, std::move(columns.contents));
        result.Set("visibilities", bindings::wrap(env, std::move(columns.arrays.visibilities)));
        result.Set("flags", bindings::wrap(env, std::move(columns.arrays.flags)));
        result.Set("weights", bindings::wrap(env, std::move(columns.arrays.weights)));
        return result;
      });
}

Napi::Value validate(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  ms::ValidationLimits limits;
  limits.first_year = static_cast<int>(count(options, "firstYear"));
  limits.last_year = static_cast<int>(count(options, "lastYear"));
  limits.uvw_tolerance_m = number(options, "uvwToleranceMeters");
  return start_job(
      info,
      [path = text(options, "path"), limits](const JobContext&) {
        ms::validate_ms(path, limits);
        return Nothing{};
      },
      wrap_nothing);
}

}  // namespace

void add_ms(Napi::Object exports) {
  ms::initialize_casacore();
  add<convert>(exports, "convertToMs");
  add<describe>(exports, "describeMs");
  add<read>(exports, "readMs");
  add<validate>(exports, "validateMs");
}

}  // namespace contimg::bindings
