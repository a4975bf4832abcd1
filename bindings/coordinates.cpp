#include <algorithm>

#include "arguments.h"
#include "coordinates/apparent.h"
#include "coordinates/rephase.h"
#include "core/parallel.h"
#include "job.h"
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

template <typename T>
std::vector<T> values(const Napi::Object& options, const char* key) {
  const NdView<const T, 1> view = array<T, 1>(options, key);
  return {view.begin(), view.end()};
}

std::vector<Vec3> vectors(const Napi::Object& options, const char* key) {
  const auto view = array<double, 2>(options, key);
  std::vector<Vec3> result;
  for (std::size_t i = 0; i < view.shape(0); ++i) result.push_back({view(i, 0), view(i, 1), view(i, 2)});
  return result;
}

/// What of an observation rephasing needs.
Observation observation_to_rephase(const Napi::Object& options) {
  Observation o;
  o.site = site(options, "site");
  o.earth_orientation = earth_orientation(options, "earthOrientation");
  for (const Vec3& position : vectors(options, "positionsMeters")) o.antennas.push_back({"", position, 0});
  o.freq_hz = values<double>(options, "freqHz");
  o.time_mjd_s = values<double>(options, "timeMjdSec");
  for (const Vec3& center : vectors(options, "phaseCentersRad")) o.phase_center.push_back({center.x, center.y});
  o.time_index = values<std::uint32_t>(options, "timeIndex");
  o.antenna1 = values<std::uint32_t>(options, "antenna1");
  o.antenna2 = values<std::uint32_t>(options, "antenna2");
  o.uvw_m = vectors(options, "uvwMeters");
  const auto require = [](bool holds, const char* what) {
    if (!holds) throw Error(code::kInvalidArgument, std::string("Expected ") + what);
  };
  const auto below = [](const std::vector<std::uint32_t>& indices, std::size_t n) {
    return std::all_of(indices.begin(), indices.end(), [n](std::uint32_t index) { return index < n; });
  };
  require(o.phase_center.size() == o.time_mjd_s.size(), "a phase center for every integration");
  require(below(o.time_index, o.time_mjd_s.size()), "timeIndex to name integrations");
  require(below(o.antenna1, o.antennas.size()) && below(o.antenna2, o.antennas.size()),
          "antenna1 and antenna2 to name antennas");
  require(o.antenna1.size() == o.n_rows() && o.antenna2.size() == o.n_rows() && o.uvw_m.size() == o.n_rows(),
          "as many antenna1, antenna2 and uvwMeters as timeIndex");
  return o;
}

struct Rephased {
  std::vector<Vec3> uvw_m;
  NdArray<std::complex<float>, 3> visibilities;
};

Rephased rephased(const Observation& observation, NdView<const std::complex<float>, 3> visibilities,
                  const Direction& center, unsigned threads, const JobContext& context) {
  const Rephasing rephasing = plan_rephase(observation, center);
  Rephased result{rephasing.uvw_m, NdArray<std::complex<float>, 3>::uninitialized(visibilities.shape())};
  constexpr std::size_t kRows = 256;  // per task: some ms of work
  const std::size_t n_rows = visibilities.shape(0), per_row = visibilities.shape(1) * visibilities.shape(2);
  parallel_for((n_rows + kRows - 1) / kRows, threads, [&](std::size_t task) {
    context.checkpoint();
    const std::size_t begin = task * kRows, rows = std::min(kRows, n_rows - begin);
    std::complex<float>* to = result.visibilities.data() + begin * per_row;
    std::copy_n(visibilities.data() + begin * per_row, rows * per_row, to);
    VisibilityBlock block;
    block.first_row = begin;
    block.visibilities = {to, {rows, visibilities.shape(1), visibilities.shape(2)}};
    rephase(block, rephasing, observation.freq_hz);
  });
  return result;
}

Napi::Value rephase_arrays(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  const auto visibilities = array<std::complex<float>, 3>(options, "visibilities");
  Observation observation = observation_to_rephase(options);
  if (visibilities.shape(0) != observation.n_rows() || visibilities.shape(1) != observation.n_channels())
    throw Error(code::kInvalidArgument, "Expected visibilities of the rows and channels of the observation");
  return start_job(
      info,
      [observation = std::move(observation), visibilities, center = direction(options, "center"),
       threads = static_cast<unsigned>(count(options, "threads"))](const JobContext& context) {
        return rephased(observation, visibilities, center, threads, context);
      },
      [](Napi::Env env, Rephased&& result) -> Napi::Value {
        Napi::Object object = Napi::Object::New(env);
        object.Set("uvwMeters", wrap(env, result.uvw_m));
        object.Set("visibilities", wrap(env, std::move(result.visibilities)));
        return object;
      });
}

}  // namespace

void add_coordinates(Napi::Object exports) {
  add<meridian>(exports, "meridianIcrs");
  add<apparent>(exports, "apparentItrf");
  add<rephase_arrays>(exports, "rephase");
}

}  // namespace contimg::bindings
