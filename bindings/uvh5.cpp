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

NdArray<double, 2> rows_of_three(const std::vector<Vec3>& vectors) {
  auto array = NdArray<double, 2>::uninitialized({vectors.size(), 3});
  double* to = array.data();
  for (const Vec3& v : vectors) *to++ = v.x, *to++ = v.y, *to++ = v.z;
  return array;
}

template <typename T>
Napi::Object wrap_numbers(Napi::Env env, const std::vector<T>& values) {
  auto array = NdArray<T, 1>::uninitialized({values.size()});
  std::copy(values.begin(), values.end(), array.data());
  return wrap(env, std::move(array));
}

Napi::Array wrap_directions(Napi::Env env, const std::vector<Direction>& directions) {
  Napi::Array result = Napi::Array::New(env, directions.size());
  for (std::size_t i = 0; i < directions.size(); ++i) result[static_cast<uint32_t>(i)] = wrap(env, directions[i]);
  return result;
}

Napi::Array wrap_antennas(Napi::Env env, const std::vector<Antenna>& antennas) {
  Napi::Array result = Napi::Array::New(env, antennas.size());
  for (std::size_t i = 0; i < antennas.size(); ++i) {
    const Antenna& antenna = antennas[i];
    Napi::Object item = Napi::Object::New(env);
    item.Set("name", antenna.name);
    item.Set("positionMeters", wrap(env, {antenna.position_m.x, antenna.position_m.y, antenna.position_m.z}));
    item.Set("diameterMeters", antenna.diameter_m);
    result[static_cast<uint32_t>(i)] = item;
  }
  return result;
}

Napi::Value wrap_observation(Napi::Env env, Observation&& observation) {
  Napi::Object site = Napi::Object::New(env);
  site.Set("longitudeRad", observation.site.longitude_rad);
  site.Set("latitudeRad", observation.site.latitude_rad);
  site.Set("heightMeters", observation.site.height_m);
  Napi::Object result = Napi::Object::New(env);
  result.Set("telescopeName", observation.telescope_name);
  result.Set("site", site);
  result.Set("antennas", wrap_antennas(env, observation.antennas));
  result.Set("freqHz", wrap_numbers(env, observation.freq_hz));
  result.Set("channelWidthHz", wrap_numbers(env, observation.channel_width_hz));
  const auto& first = observation.spw_first_channel;
  result.Set("spwFirstChannel", wrap(env, std::vector<double>(first.begin(), first.end())));
  const auto& codes = observation.polarizations;
  result.Set("polarizations", wrap(env, std::vector<double>(codes.begin(), codes.end())));
  result.Set("timeMjdSec", wrap_numbers(env, observation.time_mjd_s));
  result.Set("integrationSec", wrap_numbers(env, observation.integration_s));
  result.Set("phaseCenters", wrap_directions(env, observation.phase_center));
  result.Set("pointings", wrap_directions(env, observation.pointing));
  result.Set("timeIndex", wrap_numbers(env, observation.time_index));
  result.Set("antenna1", wrap_numbers(env, observation.antenna1));
  result.Set("antenna2", wrap_numbers(env, observation.antenna2));
  result.Set("uvwMeters", wrap(env, rows_of_three(observation.uvw_m)));
  result.Set("history", wrap(env, observation.history));
  return result;
}

Napi::Value describe_source(const Napi::CallbackInfo& info) {
  const SourceDescription description = source_description(info[0].As<Napi::Object>(), "source");
  return start_job(
      info, [description](const JobContext&) { return open_source(description)->observation(); }, wrap_observation);
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
