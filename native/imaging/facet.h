#pragma once

#include <cstddef>
#include <vector>

#include "core/nd_array.h"
#include "imaging/gridder.h"
#include "imaging/primary_beam.h"
#include "imaging/tile_response.h"

namespace contimg::imaging {

/// A pixel as a component of a tile about whose center the grid is, and the pixel nearest to a component.
Component component_at(const SkyGrid& grid, std::size_t x, std::size_t y, float flux_jy);
std::size_t pixel_of(const SkyGrid& grid, const Component& component);

/// Where a component lies between pixels, in pixels from the first.
struct PixelPosition {
  double x, y;
};
PixelPosition position_of(const SkyGrid& grid, const Component& component);

/// The pixels of `model` (ny, nx), Jy/pixel, that are not 0.
std::vector<Component> components_of(NdView<const float, 2> model, const SkyGrid& grid);

/// The pixels of a tile, and how its visibilities get there: about its own center, or as a facet of a mosaic, laid out
/// about the mosaic's center, while the visibilities are phased to the facet's own center pixel.
///
/// A facet is gridded in ICRS, with u, v and w turned to the axes of the mosaic. Aberration scales what is seen about a
/// direction by a(1 + 1e-4): u and v by a and, since n - 1 goes with the square, w by a^2, to 1e-10 of a turn.
class Facet {
 public:
  /// @param grid      about the center of the response; or its center pixel is that
  /// @param response  outlives this
  /// @param uvw_m     (rows), for the center of the response; outlives this
  Facet(const SkyGrid& grid, const TileResponse& response, NdView<const Vec3, 1> uvw_m);

  const SkyGrid& sky() const { return sky_; }
  const ImageGrid& image() const { return image_; }
  /// For gridding onto image().
  NdView<const Vec3, 1> uvw_m() const { return turned_.empty() ? uvw_m_ : turned_.view(); }

  std::vector<Component> components_of(NdView<const float, 2> model) const;

  /// The pixel of a component that lies on one.
  struct Pixel {
    std::ptrdiff_t y, x;
  };
  Pixel pixel_of(const Component& component) const;
  bool holds(const Component& component) const;

 private:
  bool is_own() const { return turned_.empty(); }

  SkyGrid sky_;
  const TileResponse& response_;
  ImageGrid image_;
  NdView<const Vec3, 1> uvw_m_;
  NdArray<Vec3, 1> turned_;
};

}  // namespace contimg::imaging
