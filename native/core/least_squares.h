#pragma once

#include <cstddef>
#include <vector>

namespace contimg {

/// Linear least squares for several right-hand sides at once, |matrix solution - wanted| least, by Householder
/// reflections: what is left over is right to the rounding of doubles however ill-conditioned the matrix is. Columns
/// that add nothing beyond rounding get small coefficients, not large ones that cancel.
class LeastSquares {
 public:
  LeastSquares(std::size_t n_equations, std::size_t n_unknowns, std::size_t n_sides);

  double* matrix(std::size_t unknown) { return column(unknown); }                  ///< (n_equations), to be filled in
  double* wanted(std::size_t side) { return column(n_unknowns_ + side); }          ///< (n_equations), to be filled in
  const double* solution(std::size_t side) { return column(n_unknowns_ + side); }  ///< (n_unknowns), after solve()

  void solve();

 private:
  double* column(std::size_t index) { return columns_.data() + index * n_rows_; }
  void add_ridge();
  void reflect(std::size_t pivot);
  void substitute_back(double* side);

  std::size_t n_equations_, n_unknowns_, n_sides_, n_rows_;
  std::vector<double> columns_, diagonal_;
};

}  // namespace contimg
