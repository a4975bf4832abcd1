#include "coordinates/site.h"

#include <erfa.h>
#include <erfam.h>

#include "core/error.h"

namespace contimg {

Vec3 itrf_of_site(const Site& site) {
  double xyz[3];
  if (eraGd2gc(ERFA_WGS84, site.longitude_rad, site.latitude_rad, site.height_m, xyz) != 0)
    throw Error(code::kInvalidArgument, "Expected a WGS84 latitude between -90 and 90 degrees");
  return {xyz[0], xyz[1], xyz[2]};
}

Site site_of_itrf(Vec3 position_m) {
  double xyz[3] = {position_m.x, position_m.y, position_m.z};
  Site site;
  eraGc2gd(ERFA_WGS84, xyz, &site.longitude_rad, &site.latitude_rad, &site.height_m);
  return site;
}

}  // namespace contimg
