#include "core/normalize.h"

#include <cmath>
#include <limits>

namespace contimg {

void normalize(std::complex<float>* visibilities, std::uint8_t* flags, float* weights, std::size_t count) {
  constexpr float kLargest = std::numeric_limits<float>::max();  // comparing with it vectorizes, std::isfinite does not
  for (std::size_t i = 0; i < count; ++i) {
    const float re = visibilities[i].real(), im = visibilities[i].imag();
    const bool finite = std::abs(re) <= kLargest && std::abs(im) <= kLargest;
    visibilities[i] = {finite ? re : 0, finite ? -im : 0};
    flags[i] = flags[i] != 0 || !finite;
    weights[i] = weights[i] >= 0 && weights[i] <= kLargest ? weights[i] : 0;
  }
}

}  // namespace contimg
