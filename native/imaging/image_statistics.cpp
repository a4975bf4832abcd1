#include "imaging/image_statistics.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "imaging/rank_select.h"

namespace contimg::imaging {

double peak_absolute(NdView<const float, 2> image) {
  float peak = 0;
  for (const float value : image) peak = std::max(peak, std::abs(value));  // max(peak, NaN) is peak
  return peak;
}

double mad_sigma(NdView<const float, 2> image) {
  std::vector<float> values;
  values.reserve(image.size());
  for (const float value : image)
    if (!std::isnan(value)) values.push_back(value);
  if (values.empty()) return 0;
  const std::size_t n = values.size();
  const float median = value_of_rank(n, n / 2, [&](std::size_t i) { return values[i]; });
  constexpr double kSigmaPerMad = 1.482602218505602;  // of a normal distribution
  return kSigmaPerMad * value_of_rank(n, n / 2, [&](std::size_t i) { return std::abs(values[i] - median); });
}

}  // namespace contimg::imaging
