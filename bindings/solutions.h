#pragma once

#include <napi.h>

#include "core/solutions.h"

namespace contimg::bindings {

/// delay, bandpass or gain.
Term term_of(const std::string& name);

/// RawSolutions of addon.d.ts, copied: solutions are small and outlive the call.
/// @throws Error{INVALID_ARGUMENT} shapes that do not agree
std::shared_ptr<const Solutions> solutions(const Napi::Object& raw);

/// The field `key`, an array of RawSolutions; nothing where it is absent.
SolutionSet solution_set(const Napi::Object& options, const char* key);

Napi::Object wrap(Napi::Env env, Solutions&& solutions);

}  // namespace contimg::bindings
