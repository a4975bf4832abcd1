#pragma once

#include <string>

#include "arguments.h"
#include "imaging/weighting.h"

namespace contimg::bindings {

/// {scheme: 'natural' | 'uniform'} or {scheme: 'briggs', robust}
inline imaging::Weighting weighting(const Napi::Object& options, const char* key) {
  const Napi::Object value = object(options, key);
  const std::string scheme = text(value, "scheme");
  if (scheme == "natural") return {imaging::WeightingScheme::kNatural, 0};
  if (scheme == "uniform") return {imaging::WeightingScheme::kUniform, 0};
  if (scheme == "briggs") return {imaging::WeightingScheme::kBriggs, number(value, "robust")};
  throw Error(code::kInvalidArgument,
              "Expected " + std::string(key) + ".scheme to be natural, uniform or briggs but received " + scheme);
}

}  // namespace contimg::bindings
