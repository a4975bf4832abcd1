#include "stages.h"

namespace contimg::bindings {

void add_uvh5(Napi::Object) {}

}  // namespace contimg::bindings
