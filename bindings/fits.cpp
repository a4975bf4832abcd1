#include "stages.h"

namespace contimg::bindings {

void add_fits(Napi::Object) {}

}  // namespace contimg::bindings
