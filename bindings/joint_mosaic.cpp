#include "imaging/joint_mosaic.h"

#include "arguments.h"
#include "job.h"
#include "source.h"
#include "stages.h"
#include "tile_arguments.h"

namespace contimg::bindings {
namespace {

using imaging::JointImages;
using imaging::JointTileResult;

Napi::Object wrap_result(Napi::Env env, const JointTileResult& tile) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("center", wrap(env, tile.center));
  result.Set("rmsJyBeam", tile.rms_jy);
  result.Set("nPixels", static_cast<double>(tile.n_pixels));
  result.Set("outerSources", wrap_sources(env, tile.outer, tile.center));
  set_summary(env, tile, result);
  return result;
}

Napi::Value wrap_mosaic(Napi::Env env, JointImages&& mosaic) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("mosaic", wrap(env, std::move(mosaic.mosaic)));
  result.Set("residual", wrap(env, std::move(mosaic.residual)));
  result.Set("model", wrap(env, std::move(mosaic.model)));
  result.Set("weight", wrap(env, std::move(mosaic.weight)));
  result.Set("coverage", wrap(env, std::move(mosaic.coverage)));
  const imaging::SkyGrid& grid = mosaic.grid;
  result.Set("center", wrap(env, grid.center));
  result.Set("freqHz", mosaic.freq_hz);
  // Pixels are whole ones from that of the center.
  result.Set("centerX", static_cast<double>(grid.nx / 2) + std::round(grid.l / grid.cell_rad));
  result.Set("centerY", static_cast<double>(grid.ny / 2) - std::round(grid.m / grid.cell_rad));
  set_clean(env, grid.cell_rad, mosaic.beam, mosaic.clean, result);
  Napi::Array tiles = Napi::Array::New(env, mosaic.tiles.size());
  for (std::size_t i = 0; i < mosaic.tiles.size(); ++i)
    tiles[static_cast<uint32_t>(i)] = wrap_result(env, mosaic.tiles[i]);
  result.Set("tiles", tiles);
  return result;
}

std::vector<SourceDescription> source_descriptions(const Napi::Object& options) {
  std::vector<SourceDescription> result;
  for (const Napi::Object& tile : objects(options, "tiles")) result.push_back(source_description(tile, "source"));
  return result;
}

std::vector<std::string> names_of(const Napi::Object& options) {
  std::vector<std::string> result;
  for (const Napi::Object& tile : objects(options, "tiles")) result.push_back(text(tile, "name"));
  return result;
}

Napi::Value make_joint_mosaic(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  imaging::JointOptions joint{tile_options(options), count(options, "maxPixels")};
  return start_job(
      info,
      [descriptions = source_descriptions(options), names = names_of(options),
       joint = std::move(joint)](const JobContext& context) {
        std::vector<imaging::OpenSource> sources;
        std::size_t current = 0;  // of the tile that is being worked on: they are opened one after the other
        for (std::size_t t = 0; t < descriptions.size(); ++t)
          sources.push_back([&, t] {
            current = t;
            return open_source(descriptions[t]);
          });
        try {
          return imaging::image_jointly(sources, joint, context);
        } catch (const Error& error) {
          if (std::string(error.code()) != code::kNoValidData) throw;
          throw Error(error.code(), names[current] + ": " + error.what());
        }
      },
      wrap_mosaic);
}

}  // namespace

void add_joint_mosaic(Napi::Object exports) { add<make_joint_mosaic>(exports, "makeJointMosaic"); }

}  // namespace contimg::bindings
