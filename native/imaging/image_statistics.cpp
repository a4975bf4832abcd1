#include "imaging/image_statistics.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace contimg::imaging {
namespace {

float median_in_place(std::vector<float>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

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
  const float median = median_in_place(values);
  for (float& value : values) value = std::abs(value - median);
  constexpr double kSigmaPerMad = 1.482602218505602;  // of a normal distribution
  return kSigmaPerMad * median_in_place(values);
}

}  // namespace contimg::imaging
