#include "imaging/resolution_doubler.h"

#include <algorithm>
#include <cmath>

#include "core/constants.h"
#include "core/least_squares.h"
#include "core/nd_array.h"
#include "core/parallel.h"
#include "core/simd.h"

namespace contimg::imaging {
namespace {

/// What a wave of `frequency`, 1 halfway between two pixels, is there by `factors`.
double halfway(const std::vector<double>& factors, double frequency) {
  double sum = 0;
  for (std::size_t k = 0; k < factors.size(); ++k) sum += 2 * factors[k] * std::cos(kPi * frequency * (2.0 * k + 1));
  return sum;
}

std::vector<double> least_misfit_factors(std::size_t reach, double band) {
  const std::size_t n = 8 * reach;
  LeastSquares problem(n, reach, 1);
  for (std::size_t i = 0; i < n; ++i) {
    const double frequency = band * std::sin(kPi / 2 * (i + 0.5) / n);  // denser where the misfit is largest
    for (std::size_t k = 0; k < reach; ++k) problem.matrix(k)[i] = 2 * std::cos(kPi * frequency * (2.0 * k + 1));
    problem.wanted(0)[i] = 1;
  }
  problem.solve();
  return {problem.solution(0), problem.solution(0) + reach};
}

double largest_misfit(const std::vector<double>& factors, double band) {
  double largest = 0;
  const std::size_t n = 16 * factors.size();
  for (std::size_t i = 0; i <= n; ++i)
    largest = std::max(largest, std::abs(halfway(factors, band * std::sin(kPi / 2 * i / n)) - 1));
  return largest;
}

/// Where the pixels of an axis lie in the coarse image.
struct Axis {
  Axis(std::size_t n_fine, std::size_t n_coarse) : n(n_fine), half(n_fine / 2), center(n_coarse / 2) {}
  /// The coarse pixel at fine pixel i, or next below it.
  std::size_t below(std::size_t i) const { return center + (i + half % 2) / 2 - (half + half % 2) / 2; }
  bool is_between(std::size_t i) const { return (i + half) % 2; }

  std::size_t n, half, center;
};

template <typename T>
CONTIMG_SIMD void add_pair(T factor, const T* a, const T* b, std::size_t n, T* sum) {
  for (std::size_t i = 0; i < n; ++i) sum[i] += factor * (a[i] + b[i]);
}

template <typename T>
CONTIMG_SIMD void add_scaled(T factor, const T* a, std::size_t n, T* sum) {
  for (std::size_t i = 0; i < n; ++i) sum[i] += factor * a[i];
}

/// A row of fine pixels from one of coarse ones.
template <typename T>
void expand_row(const std::vector<double>& factors, const Axis& axis, const T* coarse, T* fine) {
  thread_local std::vector<T> between;  // pixel below(0) + i of the coarse row and the next
  const std::size_t first = axis.below(0), n = axis.below(axis.n - 1) - first + 1;
  between.assign(n, T(0));
  for (std::size_t k = 0; k < factors.size(); ++k)
    add_pair(static_cast<T>(factors[k]), coarse + first - k, coarse + first + 1 + k, n, between.data());
  for (std::size_t x = 0; x < axis.n; ++x) {
    const std::size_t below = axis.below(x);
    fine[x] = axis.is_between(x) ? between[below - first] : coarse[below];
  }
}

template <typename T>
void contract_row(const std::vector<double>& factors, const Axis& axis, const T* fine, std::size_t n_coarse,
                  T* coarse) {
  const std::size_t reach = factors.size();
  thread_local std::vector<T> between;  // of coarse pixel i and the next is at reach + i
  between.assign(n_coarse + 2 * reach, T(0));
  std::fill(coarse, coarse + n_coarse, T(0));
  for (std::size_t x = 0; x < axis.n; ++x) {
    const std::size_t below = axis.below(x);
    (axis.is_between(x) ? between[reach + below] : coarse[below]) = fine[x];
  }
  for (std::size_t k = 0; k < reach; ++k)
    add_pair(static_cast<T>(factors[k]), between.data() + reach + k, between.data() + reach - 1 - k, n_coarse, coarse);
}

}  // namespace

std::optional<ResolutionDoubler> ResolutionDoubler::of_band(double band, double misfit) {
  if (!(band < 0.5)) return {};
  for (std::size_t reach = 2; reach <= kLongestReach; ++reach) {
    std::vector<double> factors = least_misfit_factors(reach, band);
    if (largest_misfit(factors, band) <= misfit) return ResolutionDoubler(std::move(factors));
  }
  return {};
}

template <typename T>
void ResolutionDoubler::expand(NdView<const T, 2> coarse, NdView<T, 2> fine, unsigned threads) const {
  const Axis x_axis(fine.shape(1), coarse.shape(1)), y_axis(fine.shape(0), coarse.shape(0));
  auto wide = NdArray<T, 2>::uninitialized({coarse.shape(0), x_axis.n});
  parallel_for(coarse.shape(0), threads,
               [&](std::size_t y) { expand_row(factors_, x_axis, &coarse(y, 0), &wide(y, 0)); });
  parallel_for(y_axis.n, threads, [&](std::size_t y) {
    const std::size_t below = y_axis.below(y);
    if (!y_axis.is_between(y)) {
      std::copy_n(&wide(below, 0), x_axis.n, &fine(y, 0));
      return;
    }
    std::fill_n(&fine(y, 0), x_axis.n, T(0));
    for (std::size_t k = 0; k < reach(); ++k)
      add_pair(static_cast<T>(factors_[k]), &wide(below - k, 0), &wide(below + 1 + k, 0), x_axis.n, &fine(y, 0));
  });
}

template <typename T>
void ResolutionDoubler::contract(NdView<const T, 2> fine, NdView<T, 2> coarse, unsigned threads) const {
  const Axis x_axis(fine.shape(1), coarse.shape(1)), y_axis(fine.shape(0), coarse.shape(0));
  std::vector<const T*> at(coarse.shape(0)), between(coarse.shape(0));  // rows at a coarse pixel and next above it
  for (std::size_t y = 0; y < y_axis.n; ++y) (y_axis.is_between(y) ? between : at)[y_axis.below(y)] = &fine(y, 0);
  parallel_for(coarse.shape(0), threads, [&](std::size_t y) {
    thread_local std::vector<T> sum;
    sum.assign(x_axis.n, T(0));
    if (at[y]) std::copy_n(at[y], x_axis.n, sum.data());
    for (std::size_t k = 0; k < reach(); ++k) {
      const T factor = static_cast<T>(factors_[k]);
      if (y + k < between.size() && between[y + k]) add_scaled(factor, between[y + k], x_axis.n, sum.data());
      if (y > k && between[y - 1 - k]) add_scaled(factor, between[y - 1 - k], x_axis.n, sum.data());
    }
    contract_row(factors_, x_axis, sum.data(), coarse.shape(1), &coarse(y, 0));
  });
}

#define CONTIMG_INSTANTIATE(T)                                                               \
  template void ResolutionDoubler::expand(NdView<const T, 2>, NdView<T, 2>, unsigned) const; \
  template void ResolutionDoubler::contract(NdView<const T, 2>, NdView<T, 2>, unsigned) const;
CONTIMG_INSTANTIATE(float)
CONTIMG_INSTANTIATE(double)

}  // namespace contimg::imaging
