#include "calibration/good_samples.h"

#include <cmath>
#include <vector>

#include "core/median.h"
#include "core/simd.h"

namespace contimg::calibration {
namespace {

CONTIMG_SIMD void take(std::size_t n, const float* values, const std::uint8_t* flags, float* good, float* counts) {
  for (std::size_t i = 0; i < n; ++i) {
    const bool is_good = flags[i] == 0;
    good[i] = is_good ? values[i] : 0.0f;
    counts[i] = is_good ? 1.0f : 0.0f;
  }
}

}  // namespace

void take_good(NdView<const float, 2> values, NdView<const std::uint8_t, 2> flags, float* good, float* counts) {
  take(values.size(), values.data(), flags.data(), good, counts);
}

RobustLevel robust_level(NdView<const float, 2> values, NdView<const std::uint8_t, 2> flags) {
  std::vector<float> good(values.size());
  RobustLevel level;
  for (std::size_t i = 0; i < values.size(); ++i) {
    good[level.count] = values.data()[i];
    level.count += flags.data()[i] == 0 ? 1 : 0;
  }
  if (level.count == 0) return level;
  const float median = upper_median(good.data(), level.count);
  for (std::size_t i = 0; i < level.count; ++i) good[i] = std::abs(good[i] - median);
  level.median = median;
  level.sigma = 1.4826 * upper_median(good.data(), level.count);
  return level;
}

}  // namespace contimg::calibration
