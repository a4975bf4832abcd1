#include "stages.h"

namespace contimg::bindings {

void add_simulation(Napi::Object) {}

}  // namespace contimg::bindings
