#include "imaging/turning_sky.h"

#include <algorithm>
#include <cmath>

#include "coordinates/earth_rotation.h"

namespace contimg::imaging {
namespace {

constexpr double kLowest = 0.5;  // sine of the elevation, below which the ground is seen from too far aside

}  // namespace

TurningSky::TurningSky(const Observation& observation, const SeenPoints& points) : first_time_(points.first_time) {
  const std::size_t middle = points.places.size() / 2;
  const std::vector<Vec3>& directions = points.places[middle];
  const auto [longitude, latitude, height] = observation.site;
  look_at({std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude), std::sin(latitude)});
  find_middle(directions);
  if (!is_hemisphere_ || dot(center_, axis_) < kLowest) {
    look_at(center_);
    find_middle(directions);
  }
  for (const Vec3& direction : directions) {
    places_.push_back({dot(direction, east_), dot(direction, north_)});
    offsets_.push_back(direction - center_);
    half_l_ = std::max(half_l_, std::abs(places_.back().l - middle_.l));
    half_m_ = std::max(half_m_, std::abs(places_.back().m - middle_.m));
  }
  turns_.resize(points.places.size());
  const double middle_s = observation.time_mjd_s[first_time_ + middle];
  for (std::size_t i = 0; i < turns_.size(); ++i) {
    // In axes that turn with the Earth, the sky turns westwards.
    const double angle_rad = -kEarthRotationRate * (observation.time_mjd_s[first_time_ + i] - middle_s);
    follow(points.places[i], points.centers[i], angle_rad, turns_[i]);
  }
}

void TurningSky::look_at(const Vec3& axis) {
  axis_ = normalized(axis);
  east_ = normalized(cross(std::abs(axis_.z) < 0.99 ? Vec3{0, 0, 1} : Vec3{1, 0, 0}, axis_));
  north_ = cross(axis_, east_);
}

/// Of the box around the points.
void TurningSky::find_middle(const std::vector<Vec3>& directions) {
  double least_l = 1, most_l = -1, least_m = 1, most_m = -1;
  Vec3 sum;
  is_hemisphere_ = true;
  for (const Vec3& direction : directions) {
    const double l = dot(direction, east_), m = dot(direction, north_);
    least_l = std::min(least_l, l), most_l = std::max(most_l, l);
    least_m = std::min(least_m, m), most_m = std::max(most_m, m);
    is_hemisphere_ = is_hemisphere_ && dot(direction, axis_) > 0;
    sum = sum + direction;
  }
  middle_ = {(least_l + most_l) / 2, (least_m + most_m) / 2};
  const double n_squared = 1 - middle_.l * middle_.l - middle_.m * middle_.m;
  center_ = is_hemisphere_ && n_squared > 0 ? middle_.l * east_ + middle_.m * north_ + std::sqrt(n_squared) * axis_
                                            : normalized(sum);
}

void TurningSky::follow(const std::vector<Vec3>& directions, const Vec3& phase_center, double angle_rad, Turn& turn) {
  turn.sine = std::sin(angle_rad);
  turn.cosine = std::cos(angle_rad);
  const double part = 1 / static_cast<double>(directions.size());
  Vec3 mean, mean_offset;
  for (std::size_t i = 0; i < directions.size(); ++i) {
    mean = mean + part * directions[i];
    mean_offset = mean_offset + part * offsets_[i];
  }
  const Vec3 axis = turned(turn, center_);
  turn.tilt = cross(axis, mean - turned(turn, center_ + mean_offset));
  const Vec3 mean_turned = turned(turn, mean_offset);
  double product = 0, power = 0;
  for (std::size_t i = 0; i < directions.size(); ++i) {
    const Vec3 expected = turned(turn, offsets_[i]) - mean_turned;
    product += dot(directions[i] - mean, expected);
    power += dot(expected, expected);
  }
  turn.scale = power > 0 ? product / power : 1;
  turn.shift = mean - turn.scale * mean_turned - phase_center;
  for (std::size_t i = 0; i < directions.size(); ++i)
    error_ = std::max(error_, norm(directions[i] - phase_center - turn.shift - turn.scale * turned(turn, offsets_[i])));
}

Vec3 TurningSky::uvw(std::size_t time, const Vec3& baseline) const {
  const Turn& turn = turns_[time - first_time_];
  const Vec3 back = turned_back(turn, baseline);
  return {turn.scale * dot(back, east_), turn.scale * dot(back, north_), turn.scale * dot(back, axis_)};
}

}  // namespace contimg::imaging
