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
template <typename T>
struct GridderInput {
  NdView<const Vec3, 1> uvw_m;
  NdView<const double, 1> freq_hz;
  NdView<const T, 2> weights;
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

/// Whether the values of an array field are Float64Arrays: then everything is computed in double precision.
bool is_double(const Napi::Object& options, const char* key) {
  const Napi::Value data = object(options, key).Get("data");
  return data.IsTypedArray() && data.As<Napi::TypedArray>().TypedArrayType() == napi_float64_array;
}

template <typename T>
GridderInput<T> gridder_input(const Napi::Object& options) {
  GridderInput<T> input;
  input.uvw_m = vectors(options, "uvwMeters");
  input.freq_hz = array<double, 1>(options, "freqHz");
  input.weights = array<T, 2>(options, "weights");
  input.grid = {count(options, "nx"), count(options, "ny"), number(options, "cellRad")};
  input.options = {number(options, "epsilon"), static_cast<unsigned>(count(options, "threads"))};
  return input;
}

template <typename T>
Napi::Value grid_values(const Napi::CallbackInfo& info, const Napi::Object& options) {
  const auto input = gridder_input<T>(options);
  const auto visibilities = array<std::complex<T>, 2>(options, "visibilities");
  return start_job(
      info,
      [=](const JobContext& context) {
        auto image = NdArray<T, 2>::uninitialized({input.grid.ny, input.grid.nx});
        imaging::visibilities_to_image<T>(input.uvw_m, input.freq_hz, visibilities, input.weights, input.grid,
                                          input.options, image.view(), context);
        return image;
      },
      [](Napi::Env env, NdArray<T, 2>&& image) { return wrap(env, std::move(image)); });
}

Napi::Value grid_visibilities(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  return is_double(options, "visibilities") ? grid_values<double>(info, options) : grid_values<float>(info, options);
}

template <typename T>
Napi::Value degrid_values(const Napi::CallbackInfo& info, const Napi::Object& options) {
  const auto input = gridder_input<T>(options);
  const auto image = array<T, 2>(options, "image");
  return start_job(
      info,
      [=](const JobContext& context) {
        NdArray<std::complex<T>, 2> visibilities(input.weights.shape());
        imaging::image_to_visibilities<T>(input.uvw_m, input.freq_hz, image, input.grid, input.options, input.weights,
                                          visibilities.view(), context);
        return visibilities;
      },
      [](Napi::Env env, NdArray<std::complex<T>, 2>&& values) { return wrap(env, std::move(values)); });
}

Napi::Value degrid_visibilities(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  return is_double(options, "image") ? degrid_values<double>(info, options) : degrid_values<float>(info, options);
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
