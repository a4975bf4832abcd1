#pragma once

#include <cstddef>
#include <vector>

#include "core/nd_array.h"

namespace contimg::imaging {

/// How the fluxes of many points over integrations and channels are sums of those of a few of them, the pivots:
/// flux(i) = sum_k coefficients(i, k) flux(pivots[k]). The beam and the spectra vary smoothly: some ten hold thousands.
struct FluxBasis {
  std::vector<std::size_t> pivots;
  NdArray<float, 2> coefficients;  ///< (points, pivots)
  double error = 0;                ///< largest of each point, summed up, relative to the flux of all
};

/// By Gram and Schmidt, the point of largest remainder next, until the error is at most epsilon or there are `most`.
/// @param samples  (points, samples): fluxes at some integrations and frequencies
FluxBasis flux_basis(NdArray<float, 2> samples, double epsilon, std::size_t most);

}  // namespace contimg::imaging
