#pragma once

#include <vector>

#include "core/point_predictor.h"

namespace contimg::imaging {

/// Points that turn with the sky as one image: where they are in it, and how baselines see it in each integration.
/// Delays of a baseline b are those of
///
///   b.(s - s0) = u (l - l0) + v (m - m0) + w (n - n0) + b.shift(time),     (u, v, w) = uvw(time, b)
///
/// for the direction s of a point, s0 of the phase center, and (l0, m0, n0) of the middle of the points. The axis of n
/// points to the zenith, where antennas on level ground have next to no w; or for what is low in the sky, to the
/// middle. The sky turns about the Earth's pole, and aberration tilts and scales it a little; what is left over is
/// error().
class TurningSky {
 public:
  struct Place {
    double l, m;  ///< direction cosines
  };

  explicit TurningSky(const Observation& observation, const SeenPoints& points);

  Place middle() const { return middle_; }
  const std::vector<Place>& places() const { return places_; }
  /// From the middle to the farthest point.
  double half_width_l() const { return half_l_; }
  double half_width_m() const { return half_m_; }

  Vec3 uvw(std::size_t time, const Vec3& baseline) const;
  Vec3 shift(std::size_t time) const { return turns_[time - first_time_].shift; }

  /// Largest distance of a point from where it is said to be, as a direction cosine.
  double error() const { return error_; }
  /// Whether an image can hold all points.
  bool is_hemisphere() const { return is_hemisphere_; }

 private:
  struct Turn {
    double sine = 0, cosine = 1, scale = 1;
    Vec3 tilt;  ///< a turn by little: v becomes v + tilt x v
    Vec3 shift;
  };
  void look_at(const Vec3& axis);
  void find_middle(const std::vector<Vec3>& directions);
  void follow(const std::vector<Vec3>& directions, const Vec3& phase_center, double angle_rad, Turn& turn);
  static Vec3 turned(const Turn& turn, const Vec3& v) {
    const Vec3 about_pole{turn.cosine * v.x - turn.sine * v.y, turn.sine * v.x + turn.cosine * v.y, v.z};
    return about_pole + cross(turn.tilt, about_pole);
  }
  static Vec3 turned_back(const Turn& turn, const Vec3& v) {
    const Vec3 level = v - cross(turn.tilt, v);
    return {turn.cosine * level.x + turn.sine * level.y, turn.cosine * level.y - turn.sine * level.x, level.z};
  }

  std::size_t first_time_;
  Vec3 axis_, east_, north_;  ///< in the middle of the integrations, ITRF
  Vec3 center_;               ///< direction of the middle of the points
  Place middle_{};
  std::vector<Place> places_;
  std::vector<Vec3> offsets_;  ///< of points from the center, in the middle
  double half_l_ = 0, half_m_ = 0, error_ = 0;
  bool is_hemisphere_ = true;
  std::vector<Turn> turns_;  ///< per integration
};

}  // namespace contimg::imaging
