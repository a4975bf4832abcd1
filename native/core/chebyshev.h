#pragma once

#include <cstddef>
#include <vector>

namespace contimg {

/// The n nodes cos((k + 1/2) pi / n) of a Chebyshev series, k = 0 ... n - 1.
std::vector<double> chebyshev_nodes(int n);

/// Coefficients of the Chebyshev series through `values` at the nodes.
std::vector<double> chebyshev_series(const std::vector<double>& values);

/// The coefficients of t^0, t^1, ... of the same polynomial.
std::vector<double> powers_of(const std::vector<double>& series);

/// The series at t, |t| <= 1.
double chebyshev_sum(const std::vector<double>& series, double t);

/// The same at n places.
void chebyshev_sums(const std::vector<double>& series, const double* t, std::size_t n, double* sums);

}  // namespace contimg
