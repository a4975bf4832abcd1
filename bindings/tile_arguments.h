#pragma once

#include <napi.h>

#include <vector>

#include "imaging/tile_imager.h"

/// What imaging a tile and making a joint mosaic take and give alike.
namespace contimg::bindings {

/// The fields of RawImaging in addon.d.ts.
imaging::TileOptions tile_options(const Napi::Object& options);

Napi::Array wrap_cycles(Napi::Env env, const std::vector<imaging::CleanCycle>& cycles);

/// {direction, apparentFluxJy}[]
/// @param center  of the tile that they belong to
Napi::Array wrap_sources(Napi::Env env, const std::vector<imaging::Component>& sources, const Direction& center);

const char* name_of(imaging::CleanStop stop);

/// nVisibilities to history of RawTile.
void set_summary(Napi::Env env, const imaging::TileSummary& summary, Napi::Object result);

/// cellRad, beamMajorRad, beamMinorRad, beamPositionAngleRad, cycles, stop
void set_clean(Napi::Env env, double cell_rad, const imaging::RestoringBeam& beam, const imaging::CleanResult& clean,
               Napi::Object result);

}  // namespace contimg::bindings
