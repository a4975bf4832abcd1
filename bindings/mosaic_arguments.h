#pragma once

#include "arguments.h"
#include "mosaic/mosaic_tile.h"

/// Reading what mosaicking takes: RawCelestialGrid and RawMosaicTile of addon.d.ts.
namespace contimg::bindings {

mosaic::CelestialGrid celestial_grid(const Napi::Object& parent, const char* key);
mosaic::Kernel kernel(const Napi::Object& options);
mosaic::MosaicTile mosaic_tile(const Napi::Object& tile);

}  // namespace contimg::bindings
