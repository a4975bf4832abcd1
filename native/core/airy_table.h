#pragma once

#include <cmath>
#include <cstddef>

#include "core/airy.h"
#include "core/constants.h"

namespace contimg {

/// The Airy power pattern against x^2, x = pi D sin(theta) nu / c, in which it is smooth: linear steps, good to 1e-6,
/// to the third null, and exact but slower beyond.
class AiryTable {
 public:
  AiryTable() {
    for (std::size_t i = 0; i < kPoints; ++i) table_[i] = computed(static_cast<double>(i) * kStep);
  }
  float operator()(double x_squared) const {
    const double position = x_squared / kStep;
    if (!(position < kPoints - 1)) return computed(x_squared);
    const auto i = static_cast<std::size_t>(position);
    return table_[i] + static_cast<float>(position - static_cast<double>(i)) * (table_[i + 1] - table_[i]);
  }

 private:
  static float computed(double x_squared) {
    return static_cast<float>(airy_power(std::sqrt(x_squared) * kSpeedOfLight / kPi, 1.0, 1.0));
  }

  static constexpr std::size_t kPoints = 8193;
  static constexpr double kEnd = 103.5;  // x^2 of the third null
  static constexpr double kStep = kEnd / (kPoints - 1);
  float table_[kPoints];
};

}  // namespace contimg
