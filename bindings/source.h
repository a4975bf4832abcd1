#pragma once

#include <napi.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/nd_view.h"
#include "core/solutions.h"
#include "core/visibility_source.h"
#include "ms/ms_choice.h"

namespace contimg::bindings {

/// Where visibilities come from, read on the main thread, opened on the job's.
///
///   {kind: 'uvh5', paths, minSubbands, earthOrientation}   or   {kind: 'ms', path, earthOrientation, ...RawMsChoice},
/// either with an optional phaseCenter, optional RawSolutions as calibration and optional threads. `paths` are subbands
/// of the DSA-110 correlator or one file of any telescope.
struct SourceDescription {
  enum class Kind { kUvh5Group, kMeasurementSet } kind = Kind::kUvh5Group;
  std::vector<std::string> paths;
  std::size_t min_subbands = 1;
  EarthOrientation earth_orientation;
  std::optional<Direction> phase_center;  ///< move everything there
  std::string data_column = "DATA";
  ms::Choice choice;
  std::optional<NdView<const std::uint8_t, 3>> flags;  ///< reasons not to use, in the memory of the JS call
  SolutionSet calibration;                             ///< applied as the visibilities are read, before phase_center
  unsigned threads = 0;                                ///< that apply it; 0: all
};

/// The fields of RawMsChoice in addon.d.ts, but dataColumn.
ms::Choice ms_choice(const Napi::Object& options);

SourceDescription source_description(const Napi::Object& options, const char* key);

/// An MS that says with which Earth orientation its UVW was computed keeps to that.
/// @throws Error{UVH5_FORMAT, INCONSISTENT_GROUP, INCOMPLETE_GROUP, MEASUREMENT_SET, FILE_ACCESS}
std::unique_ptr<VisibilitySource> open_source(const SourceDescription& description);

/// A source with what the description says is to be done to it as it is read.
std::unique_ptr<VisibilitySource> corrected(std::unique_ptr<VisibilitySource> source,
                                            const SourceDescription& description);

/// {name, positionMeters, diameterMeters}[]
Napi::Array wrap(Napi::Env env, const std::vector<Antenna>& antennas);

/// RawObservation of addon.d.ts.
Napi::Object wrap(Napi::Env env, Observation&& observation);

}  // namespace contimg::bindings
