#pragma once

#include <vector>

#include "mosaic/celestial_grid.h"
#include "mosaic/covariance.h"
#include "mosaic/kernel_table.h"

namespace contimg::mosaic {

/// The part of the variance of an image's noise that is left once it is interpolated, on average over positions: 1
/// where all are in the middle of pixels, as onto the image's own grid, and less between them.
///
/// The noise is taken to be white noise convolved with the beam: its correlation at distance d is exp(-d C^-1 d / 4).
///
/// @param kernel_x, kernel_y  along the image's axes
/// @param beam       C, pixel^2
/// @param positions  on the image; NaN counts for nothing
double interpolated_variance(const KernelTable& kernel_x, const KernelTable& kernel_y, const Covariance& beam,
                             const std::vector<PixelMap::Position>& positions);

/// The same for a kernel that is a Gaussian and covers several pixels wherever it lies.
///
/// @param kernel  its covariance, pixel^2
double smoothed_variance(const Covariance& kernel, const Covariance& beam);

}  // namespace contimg::mosaic
