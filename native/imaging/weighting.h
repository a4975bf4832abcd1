#pragma once

#include <cstddef>
#include <limits>

#include "core/nd_view.h"
#include "core/vec3.h"
#include "imaging/gridder.h"

namespace contimg::imaging {

enum class WeightingScheme { kNatural, kUniform, kBriggs };

/// Visibilities that take part; the others count as flagged. Both ends are in.
struct UvRange {
  /// Projected baseline hypot(u, v), wavelengths of the channel.
  double min_wavelengths = 0, max_wavelengths = std::numeric_limits<double>::infinity();
  /// Baseline |uvw|, metres.
  double min_m = 0, max_m = std::numeric_limits<double>::infinity();
};

/// Factors on the weights that depend on d = hypot(u, v), in wavelengths, alone.
struct UvTaper {
  double fwhm_rad = 0;  ///< of the Gaussian with which the image is convolved; 0: none
  /// Widths of raised cosines at the ends of the range in wavelengths; 0: none.
  double inner_wavelengths = 0, outer_wavelengths = 0;
};

/// Of what visibilities the density of uv cells is: of those of the image, of all channels where there are images of
/// some of them too, or of one channel.
enum class WeightDensity { kImage, kAllChannels, kOneChannel };

struct Weighting {
  WeightingScheme scheme = WeightingScheme::kBriggs;
  double robust = 0.5;  ///< Briggs' R, -2 (uniform) to 2 (natural)
  WeightDensity density = WeightDensity::kImage;
  UvRange range;
  UvTaper taper;
};

/// Turns data weights into imaging weights, in place, in this order:
///
/// 1. Weights of visibilities outside of the range become 0.
///
/// 2. The density W of a uv cell is the sum of the weights of all visibilities and their conjugates in it, or of those
///    of the channel for kOneChannel; cells are 1/(nx cell) by 1/(ny cell) wavelengths, one centered on u = v = 0, and
///    repeat beyond nx and ny of them, as the pixels of the image see u and v.  Briggs (1995, thesis, section 3.1):
///
///      natural  w      uniform  w / W      briggs  w / (1 + W f^2),  f^2 = (5 * 10^-R)^2 / (sum W_cell^2 / sum w)
///
///    with both sums over visibilities and conjugates, which is the same as over one half plane.
///
/// 3. Tapers, with d in wavelengths and the range from a to b:
///
///      Gaussian of FWHM F     exp(-(pi F d)^2 / (4 ln 2)), whose transform is the Gaussian of FWHM F on the sky
///      inner Tukey, width t   (1 - cos(pi (d - a) / t)) / 2 for d < a + t
///      outer Tukey, width t   (1 - cos(pi (b - d) / t)) / 2 for d > b - t
///
/// @param uvw_m    (rows), metres
/// @param freq_hz  (channels)
/// @param weights  (rows, channels), >= 0; changed in place
/// @throws Error{INVALID_ARGUMENT} shapes that disagree, robust beyond -4 to 4, an empty range, an outer Tukey taper of
///         a range without end, weights or uvw that are not finite
void apply_weighting(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz, const ImageGrid& grid,
                     const Weighting& weighting, NdView<float, 2> weights);

}  // namespace contimg::imaging
