#pragma once

#include <complex>
#include <cstdint>

#include "core/nd_array.h"
#include "core/visibility_source.h"

namespace contimg {

/// Every visibility of a source in memory at once, (rows, channels, pols): for small observations and tests.
struct SourceArrays {
  NdArray<std::complex<float>, 3> visibilities;
  NdArray<std::uint8_t, 3> flags;
  NdArray<float, 3> weights;
};

SourceArrays read_all(VisibilitySource& source, const JobContext& context);

}  // namespace contimg
