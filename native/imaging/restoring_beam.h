#pragma once

#include "core/nd_view.h"

namespace contimg::imaging {

/// An elliptical Gaussian; widths are full widths at half maximum.
struct RestoringBeam {
  double major_rad = 0, minor_rad = 0;
  double position_angle_rad = 0;  ///< of the major axis, from north through east, in (-pi/2, pi/2]
};

/// Fits a Gaussian of peak 1 to the main lobe of a PSF: the pixels above 0.6 of the peak that are connected with the
/// center. Farther out the lobe of an array with a dense core and outriggers is no Gaussian: it has side arms, and
/// falls into deep negative rings.
///
/// @param psf       (ny, nx), 1 at (ny/2, nx/2)
/// @param cell_rad  size of a pixel
/// @throws Error{NO_VALID_DATA} the lobe reaches the edge: too few baselines, or an image smaller than the beam;
///         Error{INVALID_ARGUMENT} fewer than 7 pixels in the lobe: cells too large for this beam
RestoringBeam fit_restoring_beam(NdView<const float, 2> psf, double cell_rad);

/// Adds the model, convolved with the beam, to `image`: each component is a Gaussian of its flux as peak, computed
/// exactly out to where it falls to 1e-7.
///
/// @param model  (ny, nx), Jy/pixel
/// @param image  (ny, nx), Jy/beam; the residual on entry, the restored image on return
void restore(NdView<const float, 2> model, const RestoringBeam& beam, double cell_rad, NdView<float, 2> image);

/// Adds one beam of peak `flux_jy`, centered between pixels, to `image`, (ny, nx).
void restore_point(double flux_jy, double x, double y, const RestoringBeam& beam, double cell_rad,
                   NdView<float, 2> image);

}  // namespace contimg::imaging
