#include "arguments.h"
#include "job.h"
#include "mosaic/linmos.h"
#include "mosaic/reproject.h"
#include "stages.h"

namespace contimg::bindings {
namespace {

/// {center, cellRad, centerX, centerY, nx, ny}
mosaic::SinGrid grid(const Napi::Object& parent, const char* key) {
  const Napi::Object value = object(parent, key);
  return {direction(value, "center"), number(value, "cellRad"), number(value, "centerX"),
          number(value, "centerY"),   count(value, "nx"),       count(value, "ny")};
}

mosaic::Kernel kernel(const Napi::Object& options) {
  const std::string name = text(options, "kernel");
  if (name == "bilinear") return mosaic::Kernel::kBilinear;
  if (name == "lanczos3") return mosaic::Kernel::kLanczos3;
  if (name == "optimal") return mosaic::Kernel::kOptimal;
  throw Error(code::kInvalidArgument, "Expected kernel to be bilinear, lanczos3 or optimal but received " + name);
}

Napi::Value reproject(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  const auto image = array<float, 2>(options, "image");
  const auto from = grid(options, "grid"), to = grid(options, "output");
  const auto chosen = kernel(options);
  const auto threads = static_cast<unsigned>(count(options, "threads"));
  return start_job(
      info, [=](const JobContext& context) { return mosaic::reproject(image, from, to, chosen, threads, context); },
      [](Napi::Env env, NdArray<float, 2>&& result) { return wrap(env, std::move(result)); });
}

Napi::Value add_tile(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  const mosaic::Tile tile{array<float, 2>(options, "image"), array<float, 2>(options, "primaryBeam"),
                          grid(options, "grid"), number(options, "sigma")};
  const auto output = grid(options, "output");
  const mosaic::LinmosOptions linmos{number(options, "cutoff"), kernel(options),
                                     static_cast<unsigned>(count(options, "threads"))};
  const mosaic::Accumulators accumulators{mutable_array<double, 2>(options, "numerator"),
                                          mutable_array<double, 2>(options, "weight"),
                                          mutable_array<float, 2>(options, "coverage")};
  return start_job(
      info, [=](const JobContext& context) { return mosaic::add_tile(tile, output, linmos, accumulators, context); },
      [](Napi::Env env, std::size_t&& pixels) { return Napi::Number::New(env, static_cast<double>(pixels)); });
}

Napi::Value wrap_mosaic(Napi::Env env, mosaic::Mosaic&& result) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("mosaic", wrap(env, std::move(result.mosaic)));
  object.Set("weight", wrap(env, std::move(result.weight)));
  object.Set("rms", wrap(env, std::move(result.rms)));
  return object;
}

Napi::Value finish(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  const auto numerator = array<double, 2>(options, "numerator"), weight = array<double, 2>(options, "weight");
  return start_job(
      info, [=](const JobContext&) { return mosaic::finish(numerator, weight); }, wrap_mosaic);
}

}  // namespace

void add_mosaic(Napi::Object exports) {
  add<reproject>(exports, "reprojectImage");
  add<add_tile>(exports, "addMosaicTile");
  add<finish>(exports, "finishMosaic");
}

}  // namespace contimg::bindings
