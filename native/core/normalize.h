#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>

namespace contimg {

/// From the sign of UVH5 files and MeasurementSets to ours, in place: visibilities are conjugated (docs/conventions.md
/// section 2); those that are not finite become 0 and flagged; flags become 0 or 1; weights that are negative or not
/// finite become 0.
void normalize(std::complex<float>* visibilities, std::uint8_t* flags, float* weights, std::size_t count);

}  // namespace contimg
