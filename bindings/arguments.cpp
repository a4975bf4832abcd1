#include "arguments.h"

#include <cmath>

#include "core/constants.h"

namespace contimg::bindings {
namespace {

[[noreturn]] void refuse(const char* key, const char* expected) {
  throw Error(code::kInvalidArgument, std::string("Expected ") + key + " to be " + expected);
}

Napi::Array list(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  if (!value.IsArray()) refuse(key, "an array");
  return value.As<Napi::Array>();
}

}  // namespace

bool has(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  return !value.IsUndefined() && !value.IsNull();
}

double number(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  if (!value.IsNumber()) refuse(key, "a number");
  return value.As<Napi::Number>().DoubleValue();
}

std::size_t count(const Napi::Object& object, const char* key) {
  const double value = number(object, key);
  if (!(value >= 0 && value <= 9007199254740991.0) || value != std::floor(value)) refuse(key, "a non-negative integer");
  return static_cast<std::size_t>(value);
}

bool boolean(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  if (!value.IsBoolean()) refuse(key, "a boolean");
  return value.As<Napi::Boolean>().Value();
}

std::string text(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  if (!value.IsString()) refuse(key, "a string");
  return value.As<Napi::String>().Utf8Value();
}

Napi::Object object(const Napi::Object& parent, const char* key) {
  const Napi::Value value = parent.Get(key);
  if (!value.IsObject()) refuse(key, "an object");
  return value.As<Napi::Object>();
}

std::vector<std::string> texts(const Napi::Object& object, const char* key) {
  const Napi::Array values = list(object, key);
  std::vector<std::string> result;
  for (uint32_t i = 0; i < values.Length(); ++i) {
    const Napi::Value value = values[i];
    if (!value.IsString()) refuse(key, "an array of strings");
    result.push_back(value.As<Napi::String>().Utf8Value());
  }
  return result;
}

std::vector<double> numbers(const Napi::Object& object, const char* key) {
  const Napi::Array values = list(object, key);
  std::vector<double> result;
  for (uint32_t i = 0; i < values.Length(); ++i) {
    const Napi::Value value = values[i];
    if (!value.IsNumber()) refuse(key, "an array of numbers");
    result.push_back(value.As<Napi::Number>().DoubleValue());
  }
  return result;
}

std::vector<Napi::Object> objects(const Napi::Object& object, const char* key) {
  const Napi::Array values = list(object, key);
  std::vector<Napi::Object> result;
  for (uint32_t i = 0; i < values.Length(); ++i) {
    const Napi::Value value = values[i];
    if (!value.IsObject()) refuse(key, "an array of objects");
    result.push_back(value.As<Napi::Object>());
  }
  return result;
}

Direction direction(const Napi::Object& parent, const char* key) {
  const Napi::Object value = object(parent, key);
  return {number(value, "raRad"), number(value, "decRad")};
}

EarthOrientation earth_orientation(const Napi::Object& parent, const char* key) {
  const Napi::Object value = object(parent, key);
  return {number(value, "ut1MinusUtcSec"), number(value, "xPoleArcsec") * kArcsec,
          number(value, "yPoleArcsec") * kArcsec};
}

Site site(const Napi::Object& parent, const char* key) {
  const Napi::Object value = object(parent, key);
  return {number(value, "longitudeRad"), number(value, "latitudeRad"), number(value, "heightMeters")};
}

namespace detail {

std::vector<std::size_t> shape(const Napi::Object& parent, const char* key, std::size_t rank) {
  const Napi::Array extents = list(object(parent, key), "shape");
  if (extents.Length() != rank)
    throw Error(code::kInvalidArgument, std::string("Expected ") + key + " to have " + std::to_string(rank) +
                                            " axes but received " + std::to_string(extents.Length()));
  std::vector<std::size_t> result;
  for (uint32_t i = 0; i < extents.Length(); ++i) {
    const Napi::Value extent = extents[i];
    if (!extent.IsNumber() || extent.As<Napi::Number>().DoubleValue() < 0) refuse(key, "an array with a valid shape");
    result.push_back(static_cast<std::size_t>(extent.As<Napi::Number>().DoubleValue()));
  }
  return result;
}

Napi::TypedArray typed_array(const Napi::Object& parent, const char* key, napi_typedarray_type type,
                             std::size_t expected_length) {
  const Napi::Value value = object(parent, key).Get("data");
  if (!value.IsTypedArray()) refuse(key, "an array over a typed array");
  const Napi::TypedArray data = value.As<Napi::TypedArray>();
  if (data.TypedArrayType() != type) refuse(key, "an array of another element type");
  if (data.ElementLength() != expected_length)
    throw Error(code::kInvalidArgument, std::string("Expected ") + key + " to hold " + std::to_string(expected_length) +
                                            " numbers for its shape but it holds " +
                                            std::to_string(data.ElementLength()));
  return data;
}

}  // namespace detail

Napi::Array wrap(Napi::Env env, const std::vector<double>& values) {
  Napi::Array result = Napi::Array::New(env, values.size());
  for (std::size_t i = 0; i < values.size(); ++i) result[static_cast<uint32_t>(i)] = values[i];
  return result;
}

Napi::Array wrap(Napi::Env env, const std::vector<std::string>& values) {
  Napi::Array result = Napi::Array::New(env, values.size());
  for (std::size_t i = 0; i < values.size(); ++i) result[static_cast<uint32_t>(i)] = values[i];
  return result;
}

Napi::Object wrap(Napi::Env env, const std::vector<Vec3>& values) {
  auto array = NdArray<double, 2>::uninitialized({values.size(), 3});
  double* to = array.data();
  for (const Vec3& v : values) *to++ = v.x, *to++ = v.y, *to++ = v.z;
  return wrap(env, std::move(array));
}

Napi::Object wrap(Napi::Env env, const Direction& value) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("raRad", value.ra_rad);
  result.Set("decRad", value.dec_rad);
  return result;
}

Napi::Error to_js(Napi::Env env, const Error& error) {
  Napi::Error result = Napi::Error::New(env, error.what());
  result.Set("code", error.code());
  if (!error.path().empty()) result.Set("path", error.path());
  for (const auto& [name, value] : error.numbers()) result.Set(name, value);
  return result;
}

}  // namespace contimg::bindings
