#pragma once

#include "core/vec3.h"
#include "imaging/tile_response.h"

namespace contimg::imaging {

/// exp(2 pi i nu path) is the fringe of a component on a baseline. Seconds, and its gradient by l and m.
struct FringePath {
  double path_s, by_l, by_m;
};

/// @param uvw_m  for the tile's center
FringePath fringe_path(const Component& component, double aberration, const Vec3& uvw_m);

}  // namespace contimg::imaging
