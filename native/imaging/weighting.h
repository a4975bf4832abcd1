#pragma once

#include <cstddef>

#include "core/nd_view.h"
#include "core/vec3.h"
#include "imaging/gridder.h"

namespace contimg::imaging {

enum class WeightingScheme { kNatural, kUniform, kBriggs };

struct Weighting {
  WeightingScheme scheme = WeightingScheme::kBriggs;
  double robust = 0.5;  ///< Briggs' R, -2 (uniform) to 2 (natural)
};

/// Turns data weights into imaging weights, in place.
///
/// The density W of a uv cell is the sum of the weights of all visibilities and their conjugates in it; cells are
/// 1/(nx cell) by 1/(ny cell) wavelengths, one centered on u = v = 0, and repeat beyond nx and ny of them, as the
/// pixels of the image see u and v.  Briggs (1995, thesis, section 3.1):
///
///   natural  w        uniform  w / W        briggs  w / (1 + W f^2),  f^2 = (5 * 10^-R)^2 / (sum W_cell^2 / sum w)
///
/// with both sums over visibilities and conjugates, which is the same as over one half plane.
///
/// @param uvw_m    (rows), metres
/// @param freq_hz  (channels)
/// @param weights  (rows, channels), >= 0; changed in place
/// @throws Error{INVALID_ARGUMENT} shapes that disagree, robust beyond -4 to 4, weights or uvw that are not finite
void apply_weighting(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, const ImageGrid& grid,
                     const Weighting& weighting, NdView<float, 2> weights);

}  // namespace contimg::imaging
