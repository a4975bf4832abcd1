#pragma once

#include <complex>
#include <cstddef>
#include <vector>

#include "core/nd_view.h"

namespace contimg {

/// Sign of the exponent. Neither direction divides by anything: forward and backward multiply by the number of points.
enum class FftDirection { kForward = -1, kBackward = +1 };

/// Indices from `begin` up to, not including, `end`.
struct IndexRange {
  std::size_t begin = 0, end = 0;
};

/// Smallest multiple of `multiple` that is >= n and whose quotient by it has no prime factor above 7.
std::size_t good_fft_size(std::size_t n, std::size_t multiple = 2);

/// Transforms the given rows of an (ny, nx) array along x, in place.
/// @param threads  0: all; the result does not depend on it
/// @throws Error{INVALID_ARGUMENT} nx is odd or a range leaves the array
void fft_rows(NdView<std::complex<float>, 2> data, const std::vector<IndexRange>& rows, FftDirection direction,
              unsigned threads);

/// Transforms the given columns of an (ny, nx) array along y, in place.
/// @throws Error{INVALID_ARGUMENT} ny is odd or a range leaves the array
void fft_columns(NdView<std::complex<float>, 2> data, const std::vector<IndexRange>& columns, FftDirection direction,
                 unsigned threads);

/// Transforms an (ny, nx) array in both axes, in place. Pixel (0, 0) is the origin on both sides.
/// @throws Error{INVALID_ARGUMENT} an extent is odd
void fft_2d(NdView<std::complex<float>, 2> data, FftDirection direction, unsigned threads);

}  // namespace contimg
