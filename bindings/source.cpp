#include "source.h"

#include "arguments.h"
#include "uvh5/group_source.h"

namespace contimg::bindings {

SourceDescription source_description(const Napi::Object& options, const char* key) {
  const Napi::Object source = object(options, key);
  SourceDescription result;
  result.earth_orientation = earth_orientation(source, "earthOrientation");
  if (text(source, "kind") == "uvh5") {
    result.kind = SourceDescription::Kind::kUvh5Group;
    result.paths = texts(source, "paths");
    result.min_subbands = count(source, "minSubbands");
  } else {
    result.kind = SourceDescription::Kind::kMeasurementSet;
    result.paths = {text(source, "path")};
  }
  return result;
}

std::unique_ptr<VisibilitySource> open_source(const SourceDescription& description) {
  if (description.kind == SourceDescription::Kind::kUvh5Group)
    return std::make_unique<Uvh5GroupSource>(description.paths, description.min_subbands,
                                             description.earth_orientation);
  throw Error(code::kInternal, "No reader of MeasurementSets is built in");
}

}  // namespace contimg::bindings
