#pragma once

#include <napi.h>

/// Each bindings/<stage>.cpp adds its functions to the module.
namespace contimg::bindings {

void add_coordinates(Napi::Object exports);

}  // namespace contimg::bindings
