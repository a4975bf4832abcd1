#include "source.h"

#include <algorithm>

#include "arguments.h"
#include "calibration/calibrated_source.h"
#include "calibration/flagged_source.h"
#include "coordinates/rephase.h"
#include "core/constants.h"
#include "ms/ms_source.h"
#include "solutions.h"
#include "uvh5/file_source.h"
#include "uvh5/group_source.h"

namespace contimg::bindings {
namespace {

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

Napi::Object wrap_orientation(Napi::Env env, const EarthOrientation& orientation) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("ut1MinusUtcSec", orientation.ut1_minus_utc_s);
  result.Set("xPoleArcsec", orientation.x_pole_rad / kArcsec);
  result.Set("yPoleArcsec", orientation.y_pole_rad / kArcsec);
  return result;
}

}  // namespace

Napi::Array wrap(Napi::Env env, const std::vector<Antenna>& antennas) {
  Napi::Array result = Napi::Array::New(env, antennas.size());
  for (std::size_t i = 0; i < antennas.size(); ++i) {
    const Antenna& antenna = antennas[i];
    Napi::Object item = Napi::Object::New(env);
    item.Set("name", antenna.name);
    item.Set("positionMeters",
             wrap(env, std::vector<double>{antenna.position_m.x, antenna.position_m.y, antenna.position_m.z}));
    item.Set("diameterMeters", antenna.diameter_m);
    result[static_cast<uint32_t>(i)] = item;
  }
  return result;
}

SourceDescription source_description(const Napi::Object& options, const char* key) {
  const Napi::Object source = object(options, key);
  SourceDescription result;
  result.earth_orientation = earth_orientation(source, "earthOrientation");
  if (has(source, "phaseCenter")) result.phase_center = direction(source, "phaseCenter");
  if (has(source, "flags")) result.flags = array<std::uint8_t, 3>(source, "flags");
  result.calibration = solution_set(source, "calibration");
  if (has(source, "threads")) result.threads = static_cast<unsigned>(count(source, "threads"));
  if (text(source, "kind") == "uvh5") {
    result.kind = SourceDescription::Kind::kUvh5Group;
    result.paths = texts(source, "paths");
    result.min_subbands = count(source, "minSubbands");
  } else {
    result.kind = SourceDescription::Kind::kMeasurementSet;
    result.paths = {text(source, "path")};
    result.data_column = text(source, "dataColumn");
    result.choice = ms_choice(source);
  }
  return result;
}

ms::Choice ms_choice(const Napi::Object& options) {
  const auto indices = [&](const char* key) {
    const std::vector<double> values = numbers(options, key);
    return std::vector<std::size_t>(values.begin(), values.end());
  };
  return {indices("fieldIds"), texts(options, "fieldNames"), indices("dataDescriptions")};
}

std::unique_ptr<VisibilitySource> open_source(const SourceDescription& description) {
  std::unique_ptr<VisibilitySource> source;
  if (description.kind == SourceDescription::Kind::kMeasurementSet)
    source = std::make_unique<ms::MsSource>(description.paths.front(), description.earth_orientation,
                                            description.data_column, ms::Selection{description.choice});
  else if (description.paths.size() == 1 && is_foreign_file(description.paths.front()))
    source = std::make_unique<Uvh5FileSource>(description.paths.front(), description.earth_orientation);
  else
    source =
        std::make_unique<Uvh5GroupSource>(description.paths, description.min_subbands, description.earth_orientation);
  return corrected(std::move(source), description);
}

std::unique_ptr<VisibilitySource> corrected(std::unique_ptr<VisibilitySource> source,
                                            const SourceDescription& description) {
  if (description.flags) source = std::make_unique<calibration::FlaggedSource>(std::move(source), *description.flags);
  if (!description.calibration.empty())
    source = std::make_unique<calibration::CalibratedSource>(std::move(source), description.calibration,
                                                             description.threads);
  if (description.phase_center) source = std::make_unique<RephasedSource>(std::move(source), *description.phase_center);
  return source;
}

Napi::Object wrap(Napi::Env env, Observation&& observation) {
  Napi::Object site = Napi::Object::New(env);
  site.Set("longitudeRad", observation.site.longitude_rad);
  site.Set("latitudeRad", observation.site.latitude_rad);
  site.Set("heightMeters", observation.site.height_m);
  Napi::Object result = Napi::Object::New(env);
  result.Set("telescopeName", observation.telescope_name);
  result.Set("site", site);
  result.Set("earthOrientation", wrap_orientation(env, observation.earth_orientation));
  result.Set("antennas", wrap(env, observation.antennas));
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
  result.Set("uvwMeters", wrap(env, observation.uvw_m));
  result.Set("history", wrap(env, observation.history));
  return result;
}

}  // namespace contimg::bindings
