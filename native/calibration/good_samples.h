#pragma once

#include <cstddef>
#include <cstdint>

#include "core/nd_view.h"

namespace contimg::calibration {

/// Values whose flag is 0, and 1 for each; 0 and 0 for the others.
void take_good(NdView<const float, 2> values, NdView<const std::uint8_t, 2> flags, float* good, float* counts);

/// 1.4826 times the median of |value - median| of the samples whose flag is 0, and the median itself.
struct RobustLevel {
  double median = 0, sigma = 0;
  std::size_t count = 0;
};
RobustLevel robust_level(NdView<const float, 2> values, NdView<const std::uint8_t, 2> flags);

}  // namespace contimg::calibration
