#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "core/visibility_source.h"

namespace contimg::bindings {

/// Where visibilities come from, read on the main thread, opened on the job's.
///
///   {kind: 'uvh5', paths, minSubbands, earthOrientation}   or   {kind: 'ms', path, earthOrientation}
struct SourceDescription {
  enum class Kind { kUvh5Group, kMeasurementSet } kind = Kind::kUvh5Group;
  std::vector<std::string> paths;
  std::size_t min_subbands = 1;
  EarthOrientation earth_orientation;
};

SourceDescription source_description(const Napi::Object& options, const char* key);

/// An MS that says with which Earth orientation its UVW was computed keeps to that.
/// @throws Error{UVH5_FORMAT, INCONSISTENT_GROUP, INCOMPLETE_GROUP, MEASUREMENT_SET, FILE_ACCESS}
std::unique_ptr<VisibilitySource> open_source(const SourceDescription& description);

/// RawObservation of addon.d.ts.
Napi::Object wrap(Napi::Env env, Observation&& observation);

}  // namespace contimg::bindings
