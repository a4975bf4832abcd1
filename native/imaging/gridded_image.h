#pragma once

#include <optional>

#include "core/nd_view.h"
#include "core/vec3.h"
#include "imaging/gridder.h"
#include "imaging/image_shear.h"
#include "imaging/resolution_doubler.h"

namespace contimg::imaging {

// Images that are gridded in place of the one asked for, which is then made of them: they hold all that it shows, and
// take less.

/// An image of half the resolution, whose planes hold a quarter of the cells.
struct HalfResolution {
  ResolutionDoubler doubler;
  ImageGrid grid;
};

/// @returns none where it would not be above the horizon, not hold all, or not pay
template <typename T>
std::optional<HalfResolution> half_resolution(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz,
                                              NdView<const T, 2> weights, const ImageGrid& grid, double epsilon);

/// A sheared image, for antennas near a plane and a short time: w is then nearly a linear function of u and v, and few
/// w planes are needed for the rest (w-snapshots, Cornwell, Voronkov & Humphreys 2012, arXiv:1207.5861).
/// @returns none where it would not pay, not hold all, or ask for more than the interpolation is good for
template <typename T>
std::optional<ImageShear> sheared_image(NdView<const Vec3, 1> uvw_m, NdView<const double, 1> freq_hz,
                                        NdView<const T, 2> weights, const ImageGrid& grid, double epsilon);

}  // namespace contimg::imaging
