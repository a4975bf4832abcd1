#include <napi.h>

#include "stages.h"

namespace {

Napi::Object init(Napi::Env, Napi::Object exports) {
  using namespace contimg::bindings;
  add_jobs(exports);
  add_coordinates(exports);
  add_uvh5(exports);
  add_uvh5_write(exports);
  add_ms(exports);
  add_calibration(exports);
  add_imaging(exports);
  add_imaging_kernels(exports);
  add_mosaic(exports);
  add_joint_mosaic(exports);
  add_fits(exports);
  add_simulation(exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(contimg, init)
