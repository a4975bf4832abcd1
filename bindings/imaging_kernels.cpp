#include "arguments.h"
#include "imaging/gridder.h"
#include "imaging/weighting.h"
#include "imaging_arguments.h"
#include "job.h"
#include "stages.h"

namespace contimg::bindings {
namespace {

using imaging::GridderOptions;
using imaging::ImageGrid;

/// What gridding and degridding have in common; the arrays are kept alive by the job.
struct GridderInput {
  NdView<const Vec3, 1> uvw_m;
  NdView<const double, 1> freq_hz;
  NdView<const float, 2> weights;
  ImageGrid grid;
  GridderOptions options;
};

/// (rows, 3) doubles as (rows) vectors.
NdView<const Vec3, 1> vectors(const Napi::Object& options, const char* key) {
  static_assert(sizeof(Vec3) == 3 * sizeof(double));
  const auto values = array<double, 2>(options, key);
  if (values.shape(1) != 3) throw Error(code::kInvalidArgument, std::string("Expected ") + key + " to be (rows, 3)");
  return {reinterpret_cast<const Vec3*>(values.data()), {values.shape(0)}};
}

GridderInput gridder_input(const Napi::Object& options) {
  GridderInput input;
  input.uvw_m = vectors(options, "uvwMeters");
  input.freq_hz = array<double, 1>(options, "freqHz");
  input.weights = array<float, 2>(options, "weights");
  input.grid = {count(options, "nx"), count(options, "ny"), number(options, "cellRad")};
  input.options = {number(options, "epsilon"), static_cast<unsigned>(count(options, "threads"))};
  return input;
}

Napi::Value grid_visibilities(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  const GridderInput input = gridder_input(options);
  const auto visibilities = array<std::complex<float>, 2>(options, "visibilities");
  return start_job(
      info,
      [=](const JobContext& context) {
        auto image = NdArray<float, 2>::uninitialized({input.grid.ny, input.grid.nx});
        imaging::visibilities_to_image(input.uvw_m, input.freq_hz, visibilities, input.weights, input.grid,
                                       input.options, image.view(), context);
        return image;
      },
      [](Napi::Env env, NdArray<float, 2>&& image) { return wrap(env, std::move(image)); });
}

Napi::Value degrid_visibilities(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  const GridderInput input = gridder_input(options);
  const auto image = array<float, 2>(options, "image");
  return start_job(
      info,
      [=](const JobContext& context) {
        NdArray<std::complex<float>, 2> visibilities(input.weights.shape());
        imaging::image_to_visibilities(input.uvw_m, input.freq_hz, image, input.grid, input.options, input.weights,
                                       visibilities.view(), context);
        return visibilities;
      },
      [](Napi::Env env, NdArray<std::complex<float>, 2>&& values) { return wrap(env, std::move(values)); });
}

Napi::Value imaging_weights(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  const auto uvw_m = vectors(options, "uvwMeters");
  const auto freq_hz = array<double, 1>(options, "freqHz");
  const auto given = array<float, 2>(options, "weights");
  const ImageGrid grid{count(options, "nx"), count(options, "ny"), number(options, "cellRad")};
  const imaging::Weighting scheme = weighting(options, "weighting");
  return start_job(
      info,
      [=](const JobContext&) {
        auto weights = NdArray<float, 2>::uninitialized(given.shape());
        std::copy(given.begin(), given.end(), weights.begin());
        imaging::apply_weighting(uvw_m, freq_hz, grid, scheme, weights.view());
        return weights;
      },
      [](Napi::Env env, NdArray<float, 2>&& weights) { return wrap(env, std::move(weights)); });
}

}  // namespace

void add_imaging_kernels(Napi::Object exports) {
  add<grid_visibilities>(exports, "gridVisibilities");
  add<degrid_visibilities>(exports, "degridVisibilities");
  add<imaging_weights>(exports, "imagingWeights");
}

}  // namespace contimg::bindings
