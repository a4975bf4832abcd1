#pragma once

#include <limits>
#include <string>

#include "arguments.h"
#include "imaging/weighting.h"

namespace contimg::bindings {

/// {scheme, robust, density, minUvWavelengths ... outerTukeyWavelengths}; a maximum of 0 is none.
inline imaging::Weighting weighting(const Napi::Object& options, const char* key) {
  const Napi::Object value = object(options, key);
  const auto maximum = [&](const char* name) {
    const double given = number(value, name);
    return given > 0 ? given : std::numeric_limits<double>::infinity();
  };
  imaging::Weighting result;
  const std::string scheme = text(value, "scheme");
  if (scheme == "natural")
    result.scheme = imaging::WeightingScheme::kNatural;
  else if (scheme == "uniform")
    result.scheme = imaging::WeightingScheme::kUniform;
  else if (scheme != "briggs")
    throw Error(code::kInvalidArgument,
                "Expected " + std::string(key) + ".scheme to be natural, uniform or briggs but received " + scheme);
  result.robust = number(value, "robust");
  const std::string density = text(value, "density");
  if (density == "all")
    result.density = imaging::WeightDensity::kAllChannels;
  else if (density == "channel")
    result.density = imaging::WeightDensity::kOneChannel;
  result.range = {number(value, "minUvWavelengths"), maximum("maxUvWavelengths"), number(value, "minBaselineMeters"),
                  maximum("maxBaselineMeters")};
  result.taper = {number(value, "taperRad"), number(value, "innerTukeyWavelengths"),
                  number(value, "outerTukeyWavelengths")};
  return result;
}

}  // namespace contimg::bindings
