#pragma once

#include <napi.h>

/// Each bindings/<stage>.cpp adds its functions to the module.
namespace contimg::bindings {

void add_jobs(Napi::Object exports);
void add_coordinates(Napi::Object exports);
void add_uvh5(Napi::Object exports);
void add_uvh5_write(Napi::Object exports);
void add_ms(Napi::Object exports);
void add_calibration(Napi::Object exports);
void add_imaging(Napi::Object exports);
void add_imaging_kernels(Napi::Object exports);
void add_mosaic(Napi::Object exports);
void add_joint_mosaic(Napi::Object exports);
void add_fits(Napi::Object exports);
void add_simulation(Napi::Object exports);

}  // namespace contimg::bindings
