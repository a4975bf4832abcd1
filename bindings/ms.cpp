#include "stages.h"

namespace contimg::bindings {

void add_ms(Napi::Object) {}

}  // namespace contimg::bindings
