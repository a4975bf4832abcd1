#pragma once

#include "core/observation.h"
#include "core/vec3.h"

namespace contimg {

/// ITRF position, metres, of a WGS84 place.
Vec3 itrf_of_site(const Site& site);

/// WGS84 place of an ITRF position in metres.
Site site_of_itrf(Vec3 position_m);

}  // namespace contimg
