#include <algorithm>
#include <optional>

#include "arguments.h"
#include "core/error.h"
#include "job.h"
#include "stages.h"
#include "uvh5/observation_content.h"

namespace contimg::bindings {
namespace {

template <typename T>
std::vector<T> vector_of(const Napi::Object& object, const char* key) {
  const NdView<const T, 1> values = array<T, 1>(object, key);
  return {values.begin(), values.end()};
}

std::vector<Direction> directions(const Napi::Object& object, const char* key) {
  std::vector<Direction> result;
  for (const Napi::Object& item : objects(object, key))
    result.push_back({number(item, "raRad"), number(item, "decRad")});
  return result;
}

Vec3 position(const Napi::Object& antenna) {
  const std::vector<double> p = numbers(antenna, "positionMeters");
  if (p.size() != 3) throw Error(code::kInvalidArgument, "Expected positionMeters to have three elements");
  return {p[0], p[1], p[2]};
}

void check(const Observation& observation) {
  const std::size_t n_times = observation.time_mjd_s.size(), n_rows = observation.n_rows();
  const auto below = [](const std::vector<std::uint32_t>& indices, std::size_t limit) {
    return std::all_of(indices.begin(), indices.end(), [=](std::uint32_t i) { return i < limit; });
  };
  if (observation.integration_s.size() != n_times || observation.phase_center.size() != n_times ||
      observation.antenna1.size() != n_rows || observation.antenna2.size() != n_rows ||
      observation.uvw_m.size() != n_rows || observation.channel_width_hz.size() != observation.n_channels() ||
      observation.spw_first_channel.empty() || observation.spw_first_channel.front() != 0 ||
      observation.spw_first_channel.back() >= observation.n_channels() ||
      !std::is_sorted(observation.spw_first_channel.begin(), observation.spw_first_channel.end()) ||
      !below(observation.time_index, n_times) || !below(observation.antenna1, observation.antennas.size()) ||
      !below(observation.antenna2, observation.antennas.size()))
    throw Error(code::kInvalidArgument, "Expected the parts of an observation to agree in length");
}

/// RawObservation of addon.d.ts.
Observation observation_of(const Napi::Object& raw, const EarthOrientation& orientation) {
  Observation result;
  result.telescope_name = text(raw, "telescopeName");
  result.site = site(raw, "site");
  result.earth_orientation = orientation;
  for (const Napi::Object& item : objects(raw, "antennas"))
    result.antennas.push_back({text(item, "name"), position(item), number(item, "diameterMeters")});
  result.freq_hz = vector_of<double>(raw, "freqHz");
  result.channel_width_hz = vector_of<double>(raw, "channelWidthHz");
  for (const double first : numbers(raw, "spwFirstChannel"))
    result.spw_first_channel.push_back(static_cast<std::size_t>(first));
  for (const double code : numbers(raw, "polarizations")) result.polarizations.push_back(static_cast<int>(code));
  result.time_mjd_s = vector_of<double>(raw, "timeMjdSec");
  result.integration_s = vector_of<double>(raw, "integrationSec");
  result.phase_center = directions(raw, "phaseCenters");
  result.time_index = vector_of<std::uint32_t>(raw, "timeIndex");
  result.antenna1 = vector_of<std::uint32_t>(raw, "antenna1");
  result.antenna2 = vector_of<std::uint32_t>(raw, "antenna2");
  const NdView<const double, 2> uvw = array<double, 2>(raw, "uvwMeters");
  if (uvw.size() != 3 * result.n_rows()) throw Error(code::kInvalidArgument, "Expected uvwMeters to be (rows, 3)");
  for (const double* p = uvw.data(); p != uvw.data() + uvw.size(); p += 3) result.uvw_m.push_back({p[0], p[1], p[2]});
  result.history = texts(raw, "history");
  check(result);
  return result;
}

Napi::Value write(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  const Uvh5Layout layout = text(options, "layout") == "dsa110" ? Uvh5Layout::kDsa110 : Uvh5Layout::kMemo12;
  const EarthOrientation orientation =
      has(options, "earthOrientation") ? earth_orientation(options, "earthOrientation") : EarthOrientation();
  Uvh5Content data;
  data.visibilities = array<std::complex<float>, 3>(options, "visibilities");
  data.flags = array<std::uint8_t, 3>(options, "flags");
  data.nsamples = array<float, 3>(options, "weights");
  return start_job(
      info,
      [=, path = text(options, "path"), has_ut1 = has(options, "earthOrientation"),
       spw = has(options, "spw") ? std::optional(count(options, "spw")) : std::nullopt,
       is_compressed = boolean(options, "gzip"), instrument = text(options, "instrument"),
       object_name = text(options, "objectName"),
       observation = observation_of(object(options, "observation"), orientation)](const JobContext& context) {
        Uvh5Content content = content_of_observation(observation, layout, spw, has_ut1);
        content.instrument = instrument;
        content.object_name = object_name;
        content.visibilities = data.visibilities;
        content.flags = data.flags;
        content.nsamples = data.nsamples;
        write_uvh5_file(path, content, layout, is_compressed, context);
        return Nothing{};
      },
      wrap_nothing);
}

}  // namespace

void add_uvh5_write(Napi::Object exports) { add<write>(exports, "writeUvh5"); }

}  // namespace contimg::bindings
