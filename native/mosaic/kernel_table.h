#pragma once

#include <cstddef>
#include <vector>

namespace contimg::mosaic {

/// How a value between pixels is found. What a point source loses of its peak at most, for a beam of 5 (4) pixels, and
/// what is left of the rms of white noise, on average:
enum class Kernel {
  kBilinear,  ///< 2 by 2 pixels: 5 (8) %, 0.67
  kBicubic,   ///< 4 by 4 pixels, Keys 1981 with a = -1/2: 0.6 (1.5) %, 0.81
  kLanczos3,  ///< 6 by 6 pixels: 0.4 (0.7) %, 0.89
  kOptimal,   ///< 6 by 6 pixels, least error for beams of 3.5 pixels or wider: 0.07 (0.10) %, 0.85
  kAdaptive   ///< Gaussian of 1.53 pixels, full width at half maximum, in the coarser of the two grids: adaptive.h
};

/// Weights of neighboring pixels for interpolation on one axis, tabulated over positions within a pixel. Their sum
/// is 1.
///
/// A kernel that is stretched passes what the coarser pixels of an output can show and no more: an image that is
/// sampled more finely than the output is filtered as it is sampled. Straight lines stay exact: a source stays within
/// 0.01 pixel of its place.
class KernelTable {
 public:
  static constexpr int kSteps = 1024;  ///< linear between them: within 1e-6
  static constexpr int kLanes = 8;

  /// @param stretch  pixels of the output per pixel of the image, at least 1
  /// @throws Error{INVALID_ARGUMENT} kAdaptive, which is no product of two kernels; a stretch beyond 64
  KernelTable(Kernel kernel, double stretch);

  /// Pixels that have a weight: those from floor(position) - taps() / 2 + 1 on.
  int taps() const { return taps_; }
  /// Pixels before floor(position).
  int before() const { return taps_ / 2 - 1; }
  /// Weights per step: taps() rounded up to a multiple of kLanes; those beyond taps() are 0.
  int padded() const { return padded_; }
  /// Weights of position step / kSteps, 0 <= step <= kSteps.
  const float* at(int step) const { return table_.data() + static_cast<std::size_t>(step) * padded_; }

  /// The weights as polynomials of u, how far the position is from the middle between its pixels: for each pair of taps
  /// (p, taps() - 1 - p), p ascending, the coefficients of u^0, u^2, ..., and of u^1, u^3, ..., kTerms of either. The
  /// sum of both series is the weight of p, their difference that of the other. Within 1e-6.
  /// Null where the kernel is no smooth function between pixels: bilinear, or stretched.
  static constexpr int kTerms = 5;
  const float* series() const { return series_.empty() ? nullptr : series_.data(); }

 private:
  int taps_, padded_;
  std::vector<float> table_, series_;
};

}  // namespace contimg::mosaic
