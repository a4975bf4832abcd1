#include "uvh5/file_header.h"
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

std::int64_t antenna_number(double value) { return static_cast<std::int64_t>(value); }

RowChoice row_choice(const Napi::Object& options) {
  RowChoice choice;
  choice.first_row = optional_count(options, "firstRow").value_or(0);
  choice.n_rows = optional_count(options, "nRows");
  choice.first_time = optional_count(options, "firstTime").value_or(0);
  choice.n_times = optional_count(options, "nTimes");
  choice.autocorrelations = boolean(options, "autocorrelations");
  if (has(options, "antennas")) {
    choice.antennas.emplace();
    for (double value : numbers(options, "antennas")) choice.antennas->push_back(antenna_number(value));
  }
  if (has(options, "baselines")) {  // pairs, flattened
    choice.baselines.emplace();
    const std::vector<double> flat = numbers(options, "baselines");
    for (std::size_t k = 0; k + 1 < flat.size(); k += 2)
      choice.baselines->emplace_back(antenna_number(flat[k]), antenna_number(flat[k + 1]));
  }
  return choice;
}

Uvh5Part uvh5_part(const Napi::Object& options) {
  Uvh5Part part;
  part.rows = row_choice(options);
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
      [path = text(options, "path"), part = uvh5_part(options),
       threads = static_cast<unsigned>(count(options, "threads"))](const JobContext& context) {
        return read_uvh5(path, part, threads, context);
      },
      [](Napi::Env env, Uvh5Data&& data) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        std::visit([&](auto& array) { result.Set("visibilities", wrap(env, std::move(array))); }, data.visibilities);
        result.Set("flags", wrap(env, std::move(data.flags)));
        result.Set("nsamples", wrap(env, std::move(data.nsamples)));
        result.Set("rows", wrap(env, std::move(data.rows)));
        return result;
      });
}

const char* name_of(VisibilityType type) {
  switch (type) {
    case VisibilityType::kComplex64:
      return "complex64";
    case VisibilityType::kComplex128:
      return "complex128";
    case VisibilityType::kInt32:
      return "int32";
  }
  return "complex64";
}

Napi::Object wrap_scalars(Napi::Env env, const std::map<std::string, Hdf5Scalar>& values) {
  Napi::Object result = Napi::Object::New(env);
  for (const auto& [name, value] : values)
    std::visit([&, key = name](const auto& plain) { result.Set(key, plain); }, value);
  return result;
}

Napi::Value wrap_header(Napi::Env env, Uvh5FileHeader&& header) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("nBlts", static_cast<double>(header.n_rows));
  result.Set("nFreqs", static_cast<double>(header.n_channels));
  result.Set("nPols", static_cast<double>(header.n_pols));
  result.Set("nSpws", static_cast<double>(header.n_spws));
  result.Set("nTimes", static_cast<double>(header.n_times));
  result.Set("nAntsData", static_cast<double>(header.n_antennas_data));
  result.Set("hasSpwAxis", header.has_spw_axis);
  result.Set("visibilityType", name_of(header.visibility_type));
  result.Set("telescopeName", header.telescope_name);
  result.Set("instrument", header.instrument);
  result.Set("objectName", header.object_name);
  result.Set("longitudeDeg", header.longitude_deg);
  result.Set("latitudeDeg", header.latitude_deg);
  result.Set("heightMeters", header.height_m);
  result.Set("antennaNumbers", wrap(env, header.antenna_numbers));
  result.Set("antennaNames", wrap(env, header.antenna_names));
  result.Set("antennaPositionsMeters", wrap(env, header.antenna_positions_m));
  if (header.antenna_diameters_m) result.Set("antennaDiametersMeters", wrap(env, *header.antenna_diameters_m));
  result.Set("freqHz", wrap(env, header.freq_hz));
  result.Set("channelWidthHz", wrap(env, header.channel_width_hz));
  result.Set("polarizations", wrap(env, header.polarizations));
  result.Set("firstTimeJd", header.first_time_jd);
  result.Set("lastTimeJd", header.last_time_jd);
  result.Set("integrationSec", header.integration_s);
  if (header.phase_type) result.Set("phaseType", *header.phase_type);
  result.Set("hasPhaseCenterCatalog", header.has_phase_center_catalog);
  if (header.pointing_dec_rad) result.Set("pointingDecRad", *header.pointing_dec_rad);
  result.Set("extraKeywords", wrap_scalars(env, header.extra_keywords));
  return result;
}

Napi::Value read_header(const Napi::CallbackInfo& info) {
  return start_job(
      info,
      [path = text(info[0].As<Napi::Object>(), "path")](const JobContext&) { return read_uvh5_file_header(path); },
      wrap_header);
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
  add<read_header>(exports, "readUvh5Header");
  add<read>(exports, "readUvh5");
  add<describe_source>(exports, "describeSource");
  add<read_source>(exports, "readSource");
}

}  // namespace contimg::bindings
