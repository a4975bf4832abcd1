#include "coordinates/fk5.h"

#include <erfa.h>

#include "core/constants.h"

namespace contimg {

Direction icrs_of_fk5(const Direction& fk5) {
  Direction icrs;
  eraFk5hz(fk5.ra_rad, fk5.dec_rad, kMjdOfJd, 51544.5, &icrs.ra_rad, &icrs.dec_rad);
  return icrs;
}

}  // namespace contimg
