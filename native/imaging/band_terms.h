#pragma once

#include <cstddef>
#include <vector>

namespace contimg::imaging {

/// Polynomials of ln nu, of the first degree upwards, orthonormal under the weights of channels and of mean 0: by them
/// the spectra of sources differ from the one that all are taken to have.
struct BandTerms {
  /// @param count  fewer come out where the channels with a weight do not tell so many apart
  BandTerms(const std::vector<double>& freq_hz, const std::vector<double>& weights, std::size_t count);

  std::vector<std::vector<float>> values;  ///< (terms, channels)
  std::vector<double> slopes;              ///< d term / d ln nu at the mean of ln nu
};

}  // namespace contimg::imaging
