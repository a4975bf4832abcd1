#pragma once

#include "core/observation.h"

namespace contimg {

/// ICRS position of one in FK5 of equinox and epoch J2000, without proper motion in ICRS: some 20 mas away.
Direction icrs_of_fk5(const Direction& fk5);

}  // namespace contimg
