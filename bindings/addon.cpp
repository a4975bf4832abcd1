#include <napi.h>

#include "stages.h"

namespace {

Napi::Object init(Napi::Env, Napi::Object exports) {
  using namespace contimg::bindings;
  add_coordinates(exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(contimg, init)
