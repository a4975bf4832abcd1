#pragma once

#include <cstddef>
#include <vector>

#include "core/observation.h"
#include "core/vec3.h"

namespace contimg::simulation {

/// An unpolarized point source, S(nu) = flux (nu / reference)^spectral_index.
struct PointSource {
  Direction direction;
  double flux_jy = 0;  ///< Stokes I at the sky's reference frequency
  double spectral_index = 0;
};

struct Sky {
  std::vector<PointSource> sources;
  double reference_hz = 0;
};

/// A transit array, fringe-stopped to and pointed at the apparent direction HA = 0, Dec = `pointing_dec_rad`.
struct TransitArray {
  Site site;
  EarthOrientation earth_orientation;
  double pointing_dec_rad = 0;
  double dish_diameter_m = 0;
  bool primary_beam = true;  ///< Airy pattern of the dish, the same for every antenna; otherwise 1 everywhere
};

/// Equally spaced channels, in the order of the correlator: `step_hz` is negative there.
struct Channels {
  double first_hz = 0, step_hz = 0;
  std::size_t count = 0;
  double center_hz(std::size_t channel) const { return first_hz + step_hz * static_cast<double>(channel); }
};

/// A source as the array sees it at one time.
struct ApparentSource {
  Vec3 offset;           ///< s - s0, unit vectors on ITRF axes
  double sin_angle = 0;  ///< of the angle between source and pointing
  bool in_front = true;  ///< less than 90 degrees from the pointing
};

/// The whole sky at one time, in the order of its sources.
std::vector<ApparentSource> apparent_sky(const Sky& sky, const TransitArray& array, double time_mjd_s);

/// Flux density in every channel, Jy: spectrum times primary beam.
std::vector<double> attenuated_flux(const PointSource& source, const ApparentSource& apparent, double reference_hz,
                                    const TransitArray& array, const Channels& channels);

}  // namespace contimg::simulation
