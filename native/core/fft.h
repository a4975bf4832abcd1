#pragma once

#include <complex>
#include <cstddef>
#include <functional>
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

/// One axis of a transform of which only a part is known to be other than 0 and only a part is wanted: arrays hold
/// these parts alone, their ranges one after the other.
struct FftAxis {
  std::size_t length = 0;          ///< of the transform, even
  std::vector<IndexRange> input;   ///< indices that are given; the others are 0
  std::vector<IndexRange> output;  ///< indices that are wanted
};

/// Number of indices in all ranges.
std::size_t count(const std::vector<IndexRange>& ranges);

/// Transforms rows of floats or doubles: in (ny, count(axis.input)), out (ny, count(axis.output)).
/// @param threads  0: all; the result does not depend on it
/// @throws Error{INVALID_ARGUMENT} an odd length, a range that leaves the axis, shapes that disagree
template <typename T>
void fft_rows(NdView<const std::complex<T>, 2> in, const FftAxis& axis, FftDirection direction,
              NdView<std::complex<T>, 2> out, unsigned threads);

/// Transforms columns: in (count(axis.input), nx), out (count(axis.output), nx). As fft_rows otherwise.
template <typename T>
void fft_columns(NdView<const std::complex<T>, 2> in, const FftAxis& axis, FftDirection direction,
                 NdView<std::complex<T>, 2> out, unsigned threads);

/// Some columns of an array, one after the other: (columns, axis.length), of which `first` is the first.
template <typename T>
using ColumnsBody = std::function<void(std::size_t first, NdView<std::complex<T>, 2> columns)>;

/// Transforms columns, in (count(axis.input), nx), and hands each to `take`, all indices of the axis in order, instead
/// of storing it: an image that is added to another one never is in memory. As fft_rows otherwise.
/// @param take  called from several threads at once, with different columns
template <typename T>
void fft_columns_to(NdView<const std::complex<T>, 2> in, const FftAxis& axis, FftDirection direction,
                    const ColumnsBody<T>& take, unsigned threads);

/// Transforms columns that `give` fills in, out (count(axis.output), nx): the opposite of fft_columns_to.
/// @param give  as `take`; columns come zeroed
template <typename T>
void fft_columns_from(const ColumnsBody<T>& give, const FftAxis& axis, FftDirection direction,
                      NdView<std::complex<T>, 2> out, unsigned threads);

}  // namespace contimg
