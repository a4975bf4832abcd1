#include "arguments.h"
#include "imaging/tile_imager.h"
#include "job.h"
#include "source.h"
#include "stages.h"
#include "tile_arguments.h"

namespace contimg::bindings {
namespace {

using imaging::TileImages;

Napi::Value wrap_tile(Napi::Env env, TileImages&& tile) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("dirty", wrap(env, std::move(tile.dirty)));
  result.Set("psf", wrap(env, std::move(tile.psf)));
  result.Set("model", wrap(env, std::move(tile.model)));
  result.Set("residual", wrap(env, std::move(tile.residual)));
  result.Set("restored", wrap(env, std::move(tile.restored)));
  result.Set("restoredPb", wrap(env, std::move(tile.restored_pb)));
  result.Set("weight", wrap(env, std::move(tile.weight)));
  result.Set("primaryBeam", wrap(env, std::move(tile.primary_beam)));
  if (tile.spectral_index.size() > 0) result.Set("spectralIndex", wrap(env, std::move(tile.spectral_index)));
  result.Set("center", wrap(env, tile.grid.center));
  set_clean(env, tile.grid.cell_rad, tile.beam, tile.clean, result);
  result.Set("outerSources", wrap_sources(env, tile.outer, tile.grid.center));
  result.Set("pointSources", wrap_sources(env, tile.points, tile.grid.center));
  result.Set("dishDiameterMeters", tile.dish_diameter_m);
  result.Set("rmsJyBeam", tile.rms_jy);
  result.Set("dirtyRmsJyBeam", tile.dirty_rms_jy);
  result.Set("firstChannel", static_cast<double>(tile.channels.first));
  result.Set("endChannel", static_cast<double>(tile.channels.end));
  result.Set("part", static_cast<double>(tile.part));
  set_summary(env, tile, result);
  Napi::Array parts = Napi::Array::New(env, tile.parts.size());
  for (std::size_t i = 0; i < tile.parts.size(); ++i)
    parts[static_cast<uint32_t>(i)] = wrap_tile(env, std::move(tile.parts[i]));
  result.Set("parts", parts);
  return result;
}

Napi::Value image_tile(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  return start_job(
      info,
      [description = source_description(options, "source"), tile = tile_options(options)](const JobContext& context) {
        return imaging::image_tile(*open_source(description), tile, context);
      },
      wrap_tile);
}

}  // namespace

void add_imaging(Napi::Object exports) { add<image_tile>(exports, "imageTile"); }

}  // namespace contimg::bindings
