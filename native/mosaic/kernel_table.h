#pragma once

#include <array>

namespace contimg::mosaic {

/// Weights of six neighboring pixels for interpolation on one axis, tabulated over positions within a pixel.
class KernelTable {
 public:
  static constexpr int kTaps = 6;
  using Weights = std::array<float, kTaps>;

  /// sinc(x) sinc(x/3), normalized to sum 1.
  static KernelTable lanczos3();

  /// The weights of least error for an image that is a sum of Gaussian beams of `fwhm_pixels`: its covariance at
  /// distance d is exp(-d^2 / (4 s^2)), s = fwhm / 2.355, and the weights minimize the expected squared error under the
  /// condition that straight lines are exact ("kriging"). Wider beams are interpolated as well or better.
  static KernelTable optimal(double fwhm_pixels);

  /// Weights of the pixels -2 to +3 for a position `fraction` of a pixel beyond pixel 0.
  /// @param fraction  0 <= fraction < 1
  Weights operator()(double fraction) const {
    const double position = fraction * kSteps;
    const int step = static_cast<int>(position);
    const float b = static_cast<float>(position - step), a = 1 - b;
    Weights weights;
    for (int tap = 0; tap < kTaps; ++tap) weights[tap] = a * table_[step][tap] + b * table_[step + 1][tap];
    return weights;
  }

 private:
  static constexpr int kSteps = 1024;  // linear between them: within 1e-6
  using Exact = std::array<double, kTaps>;
  template <typename WeightsAt>
  static KernelTable tabulate(WeightsAt weights_at);

  std::array<Weights, kSteps + 1> table_;
};

}  // namespace contimg::mosaic
