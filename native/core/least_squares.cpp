#include "core/least_squares.h"

#include <algorithm>
#include <cmath>

#include "core/simd.h"

namespace contimg {
namespace {

CONTIMG_SIMD double dot(const double* a, const double* b, std::size_t n) {
  double sums[4] = {};  // four of them: one would wait for itself
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (int k = 0; k < 4; ++k) sums[k] += a[i + k] * b[i + k];
  for (; i < n; ++i) sums[0] += a[i] * b[i];
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

CONTIMG_SIMD void add(const double* a, double factor, std::size_t n, double* b) {
  for (std::size_t i = 0; i < n; ++i) b[i] += factor * a[i];
}

}  // namespace

LeastSquares::LeastSquares(std::size_t n_equations, std::size_t n_unknowns, std::size_t n_sides)
    : n_equations_(n_equations),
      n_unknowns_(n_unknowns),
      n_sides_(n_sides),
      n_rows_(n_equations + n_unknowns),
      columns_(n_rows_ * (n_unknowns + n_sides)),
      diagonal_(n_unknowns) {}

void LeastSquares::solve() {
  add_ridge();
  for (std::size_t pivot = 0; pivot < n_unknowns_; ++pivot) reflect(pivot);
  for (std::size_t side = 0; side < n_sides_; ++side) substitute_back(column(n_unknowns_ + side));
}

/// An equation per unknown that holds it near 0, as strongly as rounding speaks.
void LeastSquares::add_ridge() {
  double power = 0;
  for (std::size_t j = 0; j < n_unknowns_; ++j) power = std::max(power, dot(column(j), column(j), n_equations_));
  for (std::size_t j = 0; j < n_unknowns_; ++j) column(j)[n_equations_ + j] = 1e-15 * std::sqrt(power);
}

/// Turns column `pivot` onto its axis, and the later ones with it; rows below the equations are 0 but for the ridge.
void LeastSquares::reflect(std::size_t pivot) {
  const std::size_t n = n_equations_ + 1;  // down to the ridge of this column
  double* const mirror = column(pivot) + pivot;
  const double length = std::copysign(std::sqrt(dot(mirror, mirror, n)), mirror[0]);
  diagonal_[pivot] = -length;
  if (length == 0) return;
  mirror[0] += length;
  const double scale = -1 / (length * mirror[0]);
  for (std::size_t j = pivot + 1; j < n_unknowns_ + n_sides_; ++j) {
    double* const other = column(j) + pivot;
    add(mirror, scale * dot(mirror, other, n), n, other);
  }
}

void LeastSquares::substitute_back(double* side) {
  for (std::size_t i = n_unknowns_; i-- > 0;) {
    side[i] = diagonal_[i] == 0 ? 0 : side[i] / diagonal_[i];
    add(column(i), -side[i], i, side);
  }
}

}  // namespace contimg
