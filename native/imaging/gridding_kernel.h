#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace contimg::imaging {

inline constexpr int kMaxWidth = 16;  ///< cells

/// The widest kernel that a precision can use, in cells; one or four AVX2 registers.
template <typename T>
inline constexpr int kMaxWidthOf = sizeof(T) == sizeof(float) ? 8 : kMaxWidth;

/// Degree of the polynomials of a kernel: enough for a tenth of its misfit.
constexpr int kernel_degree(int width) { return width == 1 ? 0 : width + 2; }

/// A gridding kernel along one axis: near the center of the band it makes
///
///   exp(2 pi i x p)  ~  correction(x) * sum_j weight_j(f) exp(2 pi i x (i0 + j)),    |x| <= half_band,
///
/// for any position p in cells, from the `width` cells i0 = ceil(p - width/2) and after;
/// f = p - i0 - (width - 1)/2 is in (-1/2, 1/2]. x is in cycles per cell.
struct GriddingKernel {
  int width = 0;         ///< cells, 1 to kMaxWidth
  double half_band = 0;  ///< cycles per cell, < 1/2
  double misfit = 0;     ///< rms over f of the relative error, at the worst x of the band
  int degree = 0;        ///< of the polynomials in t = 2 f, kernel_degree(width)
  /// weight_j(f) = sum_k coefficients[k][j] t^k; 0 for j >= width.
  std::array<std::array<double, kMaxWidth>, kernel_degree(kMaxWidth) + 1> coefficients{};
  /// Chebyshev series in 2 (x / half_band)^2 - 1.
  std::vector<double> correction_series;

  double weight(int j, double f) const;
  double correction(double x) const;
  /// The same of n places x, which are overwritten.
  void correct(double* x, std::size_t n) const;
};

/// The kernel of least misfit for a width and a band.
GriddingKernel least_misfit_kernel(int width, double half_band);

/// The kernel of the widest band, up to 0.45, whose misfit is at most `misfit`.
GriddingKernel widest_band_kernel(int width, double misfit);

}  // namespace contimg::imaging
