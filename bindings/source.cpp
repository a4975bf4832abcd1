#include "source.h"

#include "arguments.h"

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

std::unique_ptr<VisibilitySource> open_source(const SourceDescription&) {
  throw Error(code::kInternal, "No visibility source is built in");
}

}  // namespace contimg::bindings
