#pragma once

#include <napi.h>

#include <array>
#include <complex>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "core/error.h"
#include "core/nd_array.h"
#include "core/nd_view.h"
#include "core/observation.h"

/// Reading JS arguments and wrapping results. TypeScript has checked what a user can get wrong; the checks here are
/// those without which a mistake in our own TypeScript would be a crash.
namespace contimg::bindings {

/// Fields of an options object; each throws Error{INVALID_ARGUMENT} naming the field when it is absent or of another
/// type.
double number(const Napi::Object& object, const char* key);
std::size_t count(const Napi::Object& object, const char* key);
bool boolean(const Napi::Object& object, const char* key);
std::string text(const Napi::Object& object, const char* key);
Napi::Object object(const Napi::Object& object, const char* key);
std::vector<std::string> texts(const Napi::Object& object, const char* key);
std::vector<double> numbers(const Napi::Object& object, const char* key);
std::vector<Napi::Object> objects(const Napi::Object& object, const char* key);
bool has(const Napi::Object& object, const char* key);

/// {raRad, decRad}
Direction direction(const Napi::Object& object, const char* key);
/// {ut1MinusUtcSec, xPoleArcsec, yPoleArcsec}
EarthOrientation earth_orientation(const Napi::Object& object, const char* key);
/// {longitudeRad, latitudeRad, heightMeters}
Site site(const Napi::Object& object, const char* key);

namespace detail {
template <typename T>
constexpr napi_typedarray_type typed_array_type() {
  if constexpr (std::is_same_v<T, float>) return napi_float32_array;
  if constexpr (std::is_same_v<T, double>) return napi_float64_array;
  if constexpr (std::is_same_v<T, std::uint8_t>) return napi_uint8_array;
  if constexpr (std::is_same_v<T, std::int8_t>) return napi_int8_array;
  if constexpr (std::is_same_v<T, std::int32_t>) return napi_int32_array;
  if constexpr (std::is_same_v<T, std::uint32_t>) return napi_uint32_array;
}
template <typename T>
struct Scalar {
  using type = T;
  static constexpr std::size_t per_element = 1;
};
template <typename T>
struct Scalar<std::complex<T>> {
  using type = T;
  static constexpr std::size_t per_element = 2;
};
Napi::TypedArray typed_array(const Napi::Object& object, const char* key, napi_typedarray_type type,
                             std::size_t expected_length);
std::vector<std::size_t> shape(const Napi::Object& object, const char* key, std::size_t rank);
}  // namespace detail

/// A view of the array field `{data: TypedArray, shape: number[]}`. Complex elements have a trailing axis of 2 in JS
/// that is not an axis here. The view is valid as long as the JS object is referenced (see start_job).
template <typename T, std::size_t N>
NdView<T, N> mutable_array(const Napi::Object& parent, const char* key) {
  using S = detail::Scalar<T>;
  constexpr std::size_t rank = N + (S::per_element == 2 ? 1 : 0);
  const auto extents = detail::shape(parent, key, rank);
  typename NdView<T, N>::Shape shape;
  std::size_t length = S::per_element;
  for (std::size_t axis = 0; axis < N; ++axis) length *= shape[axis] = extents[axis];
  if (S::per_element == 2 && extents[N] != 2)
    throw Error(code::kInvalidArgument, std::string("Expected ") + key + " to be complex: a trailing axis of 2");
  const auto data = detail::typed_array(parent, key, detail::typed_array_type<typename S::type>(), length);
  auto* bytes = static_cast<std::uint8_t*>(data.ArrayBuffer().Data()) + data.ByteOffset();
  return {reinterpret_cast<T*>(bytes), shape};
}

/// The same, for arguments that are only read.
template <typename T, std::size_t N>
NdView<const T, N> array(const Napi::Object& parent, const char* key) {
  return mutable_array<T, N>(parent, key);
}

/// Hands an array over to JS as {data, shape} without copying (copied where the engine refuses external memory).
template <typename T, std::size_t N>
Napi::Object wrap(Napi::Env env, NdArray<T, N>&& values) {
  using S = detail::Scalar<T>;
  Napi::Array shape = Napi::Array::New(env);
  for (std::size_t axis = 0; axis < N; ++axis)
    shape[static_cast<uint32_t>(axis)] = static_cast<double>(values.shape(axis));
  if (S::per_element == 2) shape[static_cast<uint32_t>(N)] = 2.0;
  const std::size_t length = values.size() * S::per_element;
  T* memory = values.release();
  Napi::ArrayBuffer buffer =
      Napi::ArrayBuffer::New(env, memory, length * sizeof(typename S::type), [](Napi::Env, void* p) { std::free(p); });
  Napi::Object result = Napi::Object::New(env);
  result.Set("data", Napi::TypedArrayOf<typename S::type>::New(env, length, buffer, 0));
  result.Set("shape", shape);
  return result;
}

/// A JS array of numbers or strings.
Napi::Array wrap(Napi::Env env, const std::vector<double>& values);
Napi::Array wrap(Napi::Env env, const std::vector<std::string>& values);
/// (rows, 3)
Napi::Object wrap(Napi::Env env, const std::vector<Vec3>& values);
/// {raRad, decRad}
Napi::Object wrap(Napi::Env env, const Direction& value);

/// A JS Error with `code`, and `path` where the error names a file.
Napi::Error to_js(Napi::Env env, const Error& error);

/// Registers `function` so that an Error thrown while it reads its arguments becomes a JS exception.
template <Napi::Value (*function)(const Napi::CallbackInfo&)>
void add(Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New(
                        exports.Env(),
                        [](const Napi::CallbackInfo& info) -> Napi::Value {
                          try {
                            return function(info);
                          } catch (const Error& error) {
                            throw to_js(info.Env(), error);
                          } catch (const std::bad_alloc&) {
                            throw to_js(info.Env(), Error(code::kInternal, "Out of memory"));
                          }
                        },
                        name));
}

}  // namespace contimg::bindings
