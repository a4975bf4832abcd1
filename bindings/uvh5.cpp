#include "uvh5/read_uvh5.h"

#include "arguments.h"
#include "core/source_arrays.h"
#include "job.h"
#include "source.h"
#include "stages.h"

namespace contimg::bindings {
namespace {

std::optional<std::size_t> optional_count(const Napi::Object& options, const char* key) {
  return has(options, key) ? std::optional(count(options, key)) : std::nullopt;
}

Uvh5Part uvh5_part(const Napi::Object& options) {
  Uvh5Part part;
  part.first_row = optional_count(options, "firstRow").value_or(0);
  part.n_rows = optional_count(options, "nRows");
  part.first_channel = optional_count(options, "firstChannel").value_or(0);
  part.n_channels = optional_count(options, "nChannels");
  if (has(options, "polarizations")) {
    part.polarizations.emplace();
    for (double index : numbers(options, "polarizations"))
      part.polarizations->push_back(index >= 0 ? static_cast<std::size_t>(index) : SIZE_MAX);
  }
  return part;
}

Napi::Value read(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  return start_job(
      info,
      [path = text(options, "path"), part = uvh5_part(options)](const JobContext& context) {
        return read_uvh5(path, part, context);
      },
      [](Napi::Env env, Uvh5Data&& data) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        std::visit([&](auto& array) { result.Set("visibilities", wrap(env, std::move(array))); }, data.visibilities);
        result.Set("flags", wrap(env, std::move(data.flags)));
        result.Set("nsamples", wrap(env, std::move(data.nsamples)));
        return result;
      });
}

Napi::Value describe_source(const Napi::CallbackInfo& info) {
  const SourceDescription description = source_description(info[0].As<Napi::Object>(), "source");
  return start_job(
      info, [description](const JobContext&) { return open_source(description)->observation(); },
      [](Napi::Env env, Observation&& observation) -> Napi::Value { return wrap(env, std::move(observation)); });
}

Napi::Value read_source(const Napi::CallbackInfo& info) {
  const SourceDescription description = source_description(info[0].As<Napi::Object>(), "source");
  return start_job(
      info,
      [description](const JobContext& context) {
        const std::unique_ptr<VisibilitySource> source = open_source(description);
        return read_all(*source, context);
      },
      [](Napi::Env env, SourceArrays&& arrays) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("visibilities", wrap(env, std::move(arrays.visibilities)));
        result.Set("flags", wrap(env, std::move(arrays.flags)));
        result.Set("weights", wrap(env, std::move(arrays.weights)));
        return result;
      });
}

}  // namespace

void add_uvh5(Napi::Object exports) {
  add<read>(exports, "readUvh5");
  add<describe_source>(exports, "describeSource");
  add<read_source>(exports, "readSource");
}

}  // namespace contimg::bindings
