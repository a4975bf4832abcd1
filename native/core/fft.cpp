#include "core/fft.h"

#include <fftw3.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/nd_array.h"
#include "core/parallel.h"

// A 2-D transform is one 1-D plan, applied to rows in a buffer and to columns in panels of one cache line: 3072 x 3072
// takes 70 ms on one core, where FFTW's own estimated 2-D plan takes several times that. Plans are estimated, never
// measured: the bits of a result must not depend on what else the machine did while planning (measuring gains 15 %).
namespace contimg {
namespace {

constexpr std::size_t kPanelBytes = 64;

/// FFTW's functions in one precision.
template <typename T>
struct Fftw;
template <>
struct Fftw<float> {
  using Plan = fftwf_plan;
  static constexpr auto make_planner_thread_safe = fftwf_make_planner_thread_safe;
  static constexpr auto plan = fftwf_plan_dft_1d;
  static constexpr auto execute = fftwf_execute_dft;
  static fftwf_complex* raw(std::complex<float>* data) { return reinterpret_cast<fftwf_complex*>(data); }
};
template <>
struct Fftw<double> {
  using Plan = fftw_plan;
  static constexpr auto make_planner_thread_safe = fftw_make_planner_thread_safe;
  static constexpr auto plan = fftw_plan_dft_1d;
  static constexpr auto execute = fftw_execute_dft;
  static fftw_complex* raw(std::complex<double>* data) { return reinterpret_cast<fftw_complex*>(data); }
};

/// Transforms one line in place.
template <typename T>
void execute(typename Fftw<T>::Plan plan, std::complex<T>* line) {
  Fftw<T>::execute(plan, Fftw<T>::raw(line), Fftw<T>::raw(line));
}

bool is_smooth(std::size_t n) {
  for (std::size_t factor : {2, 3, 5, 7})
    while (n % factor == 0) n /= factor;
  return n == 1;
}

/// The plan for one transform of length n in place; made once, kept for the life of the process.
template <typename T>
typename Fftw<T>::Plan plan(std::size_t n, FftDirection direction) {
  static std::mutex mutex;
  static std::map<std::pair<std::size_t, FftDirection>, typename Fftw<T>::Plan> plans;
  const std::lock_guard<std::mutex> lock(mutex);
  static const bool thread_safe = (Fftw<T>::make_planner_thread_safe(), true);  // casacore plans too
  (void)thread_safe;
  typename Fftw<T>::Plan& known = plans[{n, direction}];
  if (!known) {
    auto scratch = NdArray<std::complex<T>, 1>::uninitialized({n});
    auto* const line = Fftw<T>::raw(scratch.data());
    known = Fftw<T>::plan(static_cast<int>(n), line, line, static_cast<int>(direction), FFTW_ESTIMATE);
    if (!known) throw Error(code::kInternal, "FFTW has no plan for length " + std::to_string(n));
  }
  return known;
}

void check(bool condition, const char* expected) {
  if (!condition) throw Error(code::kInvalidArgument, std::string("Expected ") + expected);
}

// An even length keeps every line on 16 bytes, which FFTW's SIMD plans assume.
void check(const FftAxis& axis, std::size_t n_in, std::size_t n_out, bool same_lines) {
  check(axis.length > 0 && axis.length % 2 == 0, "an even FFT length");
  for (const auto* ranges : {&axis.input, &axis.output})
    for (const IndexRange& range : *ranges)
      check(range.begin <= range.end && range.end <= axis.length, "FFT ranges inside the axis");
  check(same_lines && n_in == count(axis.input) && n_out == count(axis.output), "arrays of the shape of the FFT");
}

/// Columns of zeros in memory that its thread keeps: fresh pages for every panel took a seventh of all time.
template <typename T>
NdView<std::complex<T>, 2> zero_panel(std::size_t n, std::size_t length) {
  thread_local std::vector<std::complex<T>> memory;
  memory.assign(n * length, std::complex<T>());
  return {memory.data(), {n, length}};
}

}  // namespace

std::size_t good_fft_size(std::size_t n, std::size_t multiple) {
  std::size_t quotient = std::max<std::size_t>(1, (n + multiple - 1) / multiple);
  while (!is_smooth(quotient)) ++quotient;
  return quotient * multiple;
}

std::size_t count(const std::vector<IndexRange>& ranges) {
  std::size_t n = 0;
  for (const IndexRange& range : ranges) n += range.end - range.begin;
  return n;
}

template <typename T>
void fft_rows(NdView<const std::complex<T>, 2> in, const FftAxis& axis, FftDirection direction,
              NdView<std::complex<T>, 2> out, unsigned threads) {
  using Complex = std::complex<T>;
  check(axis, in.shape(1), out.shape(1), in.shape(0) == out.shape(0));
  constexpr std::size_t kRows = 32;  // per piece of work
  const auto row_plan = plan<T>(axis.length, direction);
  const std::size_t ny = in.shape(0);
  parallel_for((ny + kRows - 1) / kRows, threads, [&](std::size_t piece) {
    auto row = NdArray<Complex, 1>::uninitialized({axis.length});
    for (std::size_t y = piece * kRows; y < std::min(ny, (piece + 1) * kRows); ++y) {
      std::fill(row.begin(), row.end(), Complex());
      const Complex* from = in.data() + y * in.shape(1);
      for (const auto& [begin, end] : axis.input) {
        std::copy_n(from, end - begin, row.data() + begin);
        from += end - begin;
      }
      execute(row_plan, row.data());
      Complex* to = out.data() + y * out.shape(1);
      for (const auto& [begin, end] : axis.output) to = std::copy_n(row.data() + begin, end - begin, to);
    }
  });
}

template <typename T>
void fft_columns_to(NdView<const std::complex<T>, 2> in, const FftAxis& axis, FftDirection direction,
                    const ColumnsBody<T>& take, unsigned threads) {
  check(axis, in.shape(0), count(axis.output), true);  // what `take` makes of the output is its affair
  const auto column_plan = plan<T>(axis.length, direction);
  const std::size_t nx = in.shape(1), n_panel = kPanelBytes / sizeof(std::complex<T>);
  parallel_for((nx + n_panel - 1) / n_panel, threads, [&](std::size_t piece) {
    const std::size_t x0 = piece * n_panel, n = std::min(n_panel, nx - x0);
    const auto panel = zero_panel<T>(n, axis.length);
    const std::complex<T>* from = in.data() + x0;
    for (const auto& [begin, end] : axis.input)
      for (std::size_t y = begin; y < end; ++y, from += nx)
        for (std::size_t k = 0; k < n; ++k) panel(k, y) = from[k];
    for (std::size_t k = 0; k < n; ++k) execute(column_plan, &panel(k, 0));
    take(x0, panel);
  });
}

template <typename T>
void fft_columns_from(const ColumnsBody<T>& give, const FftAxis& axis, FftDirection direction,
                      NdView<std::complex<T>, 2> out, unsigned threads) {
  check(axis, count(axis.input), out.shape(0), true);
  const auto column_plan = plan<T>(axis.length, direction);
  const std::size_t nx = out.shape(1), n_panel = kPanelBytes / sizeof(std::complex<T>);
  parallel_for((nx + n_panel - 1) / n_panel, threads, [&](std::size_t piece) {
    const std::size_t x0 = piece * n_panel, n = std::min(n_panel, nx - x0);
    const auto panel = zero_panel<T>(n, axis.length);
    give(x0, panel);
    for (std::size_t k = 0; k < n; ++k) execute(column_plan, &panel(k, 0));
    std::complex<T>* to = out.data() + x0;
    for (const auto& [begin, end] : axis.output)
      for (std::size_t y = begin; y < end; ++y, to += nx)
        for (std::size_t k = 0; k < n; ++k) to[k] = panel(k, y);
  });
}

template <typename T>
void fft_columns(NdView<const std::complex<T>, 2> in, const FftAxis& axis, FftDirection direction,
                 NdView<std::complex<T>, 2> out, unsigned threads) {
  check(axis, in.shape(0), out.shape(0), in.shape(1) == out.shape(1));
  const auto give = [&](std::size_t x0, NdView<std::complex<T>, 2> columns) {
    const std::complex<T>* from = in.data() + x0;
    for (const auto& [begin, end] : axis.input)
      for (std::size_t y = begin; y < end; ++y, from += in.shape(1))
        for (std::size_t k = 0; k < columns.shape(0); ++k) columns(k, y) = from[k];
  };
  fft_columns_from<T>(give, axis, direction, out, threads);
}

#define CONTIMG_INSTANTIATE(T)                                                                                        \
  template void fft_rows(NdView<const std::complex<T>, 2>, const FftAxis&, FftDirection, NdView<std::complex<T>, 2>,  \
                         unsigned);                                                                                   \
  template void fft_columns(NdView<const std::complex<T>, 2>, const FftAxis&, FftDirection,                           \
                            NdView<std::complex<T>, 2>, unsigned);                                                    \
  template void fft_columns_to(NdView<const std::complex<T>, 2>, const FftAxis&, FftDirection, const ColumnsBody<T>&, \
                               unsigned);                                                                             \
  template void fft_columns_from(const ColumnsBody<T>&, const FftAxis&, FftDirection, NdView<std::complex<T>, 2>,     \
                                 unsigned);
CONTIMG_INSTANTIATE(float)
CONTIMG_INSTANTIATE(double)

}  // namespace contimg
