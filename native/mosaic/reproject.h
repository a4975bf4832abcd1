#pragma once

#include "core/job_context.h"
#include "core/nd_array.h"
#include "mosaic/celestial_grid.h"
#include "mosaic/kernel_table.h"

namespace contimg::mosaic {

/// Puts an image onto another grid: each output pixel is interpolated where its direction lies in the image. Values
/// are kept (Jy/beam stays Jy/beam); NaN where the image shows nothing.
///
/// @param image  (grid.ny, grid.nx)
/// @return (output.ny, output.nx)
/// @throws Error{INVALID_ARGUMENT} a shape that is not the grid's; Cancelled
/// Deterministic whatever the number of threads.  Cost: O(footprint of the image in the output).
NdArray<float, 2> reproject(NdView<const float, 2> image, const CelestialGrid& grid, const CelestialGrid& output,
                            Kernel kernel, unsigned threads, const JobContext& context);

}  // namespace contimg::mosaic
