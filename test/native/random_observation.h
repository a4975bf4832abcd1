#pragma once

#include <cmath>
#include <complex>
#include <random>
#include <vector>

#include "coordinates/apparent.h"
#include "core/constants.h"
#include "core/nd_array.h"

namespace contimg::test {

/// Visibilities on real-looking baselines, with random values and weights, some of them 0.
struct RandomObservation {
  NdArray<Vec3, 1> uvw_m;
  NdArray<double, 1> freq_hz;
  NdArray<std::complex<float>, 2> visibilities;
  NdArray<float, 2> weights;
};

/// Places like DSA-110's: a T of short spacings with outriggers, metres of height scatter. East, north, up.
inline std::vector<Vec3> t_shaped_array(std::size_t n, std::mt19937& random) {
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<Vec3> places;
  for (std::size_t i = 0; i < n; ++i) {
    const double height = 4 * uniform(random);
    if (i % 7 == 6) {
      places.push_back({1300 * uniform(random), 1300 * uniform(random), height});
    } else if (i % 2) {
      places.push_back({0, 330 * uniform(random), height});
    } else {
      places.push_back({250 * uniform(random), 0, height});
    }
  }
  return places;
}

/// Antennas anywhere in a ball of 1 km: nothing coplanar about them.
inline std::vector<Vec3> ball_array(std::size_t n, std::mt19937& random) {
  std::normal_distribution<double> normal(0, 400);
  std::vector<Vec3> places;
  for (std::size_t i = 0; i < n; ++i) places.push_back({normal(random), normal(random), normal(random)});
  return places;
}

inline Vec3 itrf_of_enu(Vec3 enu, const Site& site) {
  const UvwFrame zenith = hadec_frame(0, site.latitude_rad, site);  // u east, v north, w up
  return enu.x * zenith.u + enu.y * zenith.v + enu.z * zenith.w;
}

/// All baselines, autocorrelations included, at `n_times` hour angles over `hours`.
inline RandomObservation observe(const std::vector<Vec3>& places_enu, double dec_rad, std::size_t n_times, double hours,
                                 std::size_t n_channels, std::mt19937& random) {
  const Site site{-118.283 * kDegree, 37.2334 * kDegree, 1188};
  std::vector<Vec3> uvw;
  for (std::size_t t = 0; t < n_times; ++t) {
    const double fraction = n_times > 1 ? static_cast<double>(t) / (n_times - 1) - 0.5 : 0;
    const UvwFrame frame = hadec_frame(fraction * hours * 15 * kDegree, dec_rad, site);
    for (std::size_t i = 0; i < places_enu.size(); ++i)
      for (std::size_t j = i; j < places_enu.size(); ++j)
        uvw.push_back(uvw_of_baseline(frame, itrf_of_enu(places_enu[j] - places_enu[i], site)));
  }
  RandomObservation result;
  result.uvw_m = NdArray<Vec3, 1>({uvw.size()});
  std::copy(uvw.begin(), uvw.end(), result.uvw_m.begin());
  result.freq_hz = NdArray<double, 1>({n_channels});
  for (std::size_t c = 0; c < n_channels; ++c) result.freq_hz(c) = 1311e6 + 187.5e6 * c / n_channels;
  result.visibilities = NdArray<std::complex<float>, 2>({uvw.size(), n_channels});
  result.weights = NdArray<float, 2>({uvw.size(), n_channels});
  std::normal_distribution<float> normal;
  std::uniform_real_distribution<float> uniform(-0.2f, 1);
  for (std::complex<float>& value : result.visibilities) value = {normal(random), normal(random)};
  for (float& weight : result.weights) weight = std::max(0.0f, uniform(random));
  return result;
}

}  // namespace contimg::test
