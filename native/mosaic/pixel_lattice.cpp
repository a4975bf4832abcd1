#include "mosaic/pixel_lattice.h"

#include <algorithm>
#include <cmath>

#include "core/simd_vector.h"

namespace contimg::mosaic {
namespace {

/// Nodes along an axis: they reach past its last pixel, and every second one has a neighbor on either side.
std::size_t node_count(std::size_t extent, std::size_t spacing) {
  if (spacing == 1) return extent;
  const std::size_t cells = (extent + spacing - 1) / spacing;
  return (cells + cells % 2) + 1;
}

CONTIMG_SIMD void interpolate_row(const double* lower, const double* upper, double t, std::size_t spacing,
                                  double origin, std::size_t width, float* out) {
  const double inverse = 1 / static_cast<double>(spacing);
  for (std::size_t cell = 0, begin = 0; begin < width; ++cell, begin += spacing) {
    const double left = lower[cell] + t * (upper[cell] - lower[cell]) - origin;
    const double right = lower[cell + 1] + t * (upper[cell + 1] - lower[cell + 1]) - origin;
    const float first = static_cast<float>(left), step = static_cast<float>((right - left) * inverse);
    const std::size_t n = std::min(spacing, width - begin);
    if (n == 16) {
      constexpr Vector<float> kRamp = {0, 1, 2, 3, 4, 5, 6, 7};
      store(out + begin, first + kRamp * step);
      store(out + begin + 8, first + (kRamp + 8) * step);
      continue;
    }
    for (std::size_t i = 0; i < n; ++i) out[begin + i] = first + static_cast<float>(static_cast<int>(i)) * step;
  }
}

}  // namespace

void PixelLattice::compute(const PixelMap& map, const Window& block, const RadialBeam* beam) {
  width_ = block.width();
  has_beam_ = beam != nullptr;
  worst_error_ = 0;
  for (spacing_ = kWidest;; spacing_ /= 2) {
    rows_ = node_count(block.height(), spacing_);
    columns_ = node_count(width_, spacing_);
    evaluate(map, block, beam);
    if (spacing_ == 1 || accurate()) break;
  }
  find_bounds();
}

void PixelLattice::evaluate(const PixelMap& map, const Window& block, const RadialBeam* beam) {
  x_.resize(rows_ * columns_);
  y_.resize(rows_ * columns_);
  beam_.resize(has_beam_ ? rows_ * columns_ : 0);
  for (std::size_t row = 0, i = 0; row < rows_; ++row)
    for (std::size_t column = 0; column < columns_; ++column, ++i) {
      const double x = static_cast<double>(block.x_begin + column * spacing_);
      const double y = static_cast<double>(block.y_begin + row * spacing_);
      const Vec3 direction = map.direction(x, y);
      const PixelMap::Position at = map.project(direction);
      x_[i] = at.x;
      y_[i] = at.y;
      if (has_beam_) beam_[i] = (*beam)(direction);
    }
}

/// Predicts every node that lies between two or four others twice as far apart from them; NaN is never accurate.
double PixelLattice::largest_error(const std::vector<double>& values) const {
  double worst = 0;
  const auto at = [&](std::size_t row, std::size_t column) { return values[row * columns_ + column]; };
  for (std::size_t row = 0; row < rows_; ++row)
    for (std::size_t column = 0; column < columns_; ++column) {
      const std::size_t left = column - column % 2, below = row - row % 2;
      const std::size_t right = column + column % 2, above = row + row % 2;
      const double predicted = (at(below, left) + at(below, right) + at(above, left) + at(above, right)) / 4;
      const double error = std::abs(at(row, column) - predicted);
      if (!(error <= worst)) worst = error;
      if (std::isnan(error)) return error;
    }
  return worst;
}

bool PixelLattice::accurate() {
  const double x = largest_error(x_), y = largest_error(y_);
  if (!(x <= kPositionError && y <= kPositionError)) return false;
  if (has_beam_ && !(largest_error(beam_) <= kBeamError)) return false;
  worst_error_ = std::max(x, y);
  return true;
}

void PixelLattice::find_bounds() {
  bounds_ = {1e300, -1e300, 1e300, -1e300, true};
  for (std::size_t i = 0; i < x_.size(); ++i) {
    if (std::isnan(x_[i])) {
      bounds_.everywhere = false;
      continue;
    }
    bounds_.x_min = std::min(bounds_.x_min, x_[i]);
    bounds_.x_max = std::max(bounds_.x_max, x_[i]);
    bounds_.y_min = std::min(bounds_.y_min, y_[i]);
    bounds_.y_max = std::max(bounds_.y_max, y_[i]);
  }
  nowhere_ = bounds_.x_min > bounds_.x_max;
}

void PixelLattice::interpolate(const std::vector<double>& values, std::size_t row, double origin, float* out) const {
  if (spacing_ == 1) {
    for (std::size_t i = 0; i < width_; ++i) out[i] = static_cast<float>(values[row * columns_ + i] - origin);
    return;
  }
  const std::size_t cell = row / spacing_;
  const double t = static_cast<double>(row % spacing_) / static_cast<double>(spacing_);
  const double* lower = values.data() + cell * columns_;
  interpolate_row(lower, lower + columns_, t, spacing_, origin, width_, out);
}

void PixelLattice::positions(std::size_t row, PixelMap::Position origin, float* xs, float* ys) const {
  interpolate(x_, row, origin.x, xs);
  interpolate(y_, row, origin.y, ys);
}

void PixelLattice::responses(std::size_t row, float* values) const { interpolate(beam_, row, 0, values); }

}  // namespace contimg::mosaic
