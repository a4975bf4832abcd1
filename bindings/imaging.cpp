#include "stages.h"

namespace contimg::bindings {

void add_imaging(Napi::Object) {}

}  // namespace contimg::bindings
