#include "arguments.h"
#include "coordinates/apparent.h"
#include "stages.h"

namespace contimg::bindings {
namespace {

Napi::Value meridian(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  return wrap(info.Env(), meridian_icrs(number(options, "apparentDecRad"), number(options, "timeMjdSec"),
                                        site(options, "site"), earth_orientation(options, "earthOrientation")));
}

Napi::Value apparent(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  const Vec3 s = apparent_itrf(direction(options, "direction"), number(options, "timeMjdSec"), site(options, "site"),
                               earth_orientation(options, "earthOrientation"));
  return wrap(info.Env(), std::vector<double>{s.x, s.y, s.z});
}

}  // namespace

void add_coordinates(Napi::Object exports) {
  add<meridian>(exports, "meridianIcrs");
  add<apparent>(exports, "apparentItrf");
}

}  // namespace contimg::bindings
