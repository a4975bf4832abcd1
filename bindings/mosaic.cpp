#include "stages.h"

namespace contimg::bindings {

void add_mosaic(Napi::Object) {}

}  // namespace contimg::bindings
