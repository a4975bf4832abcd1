#include "imaging/image_depth.h"

#include <algorithm>
#include <cmath>

namespace contimg::imaging {
namespace {

double n_at(double l, double m) { return std::sqrt(1 - (l * l + m * m)); }

}  // namespace

ImageDepth::ImageDepth(const ImageGrid& grid)
    : l_(grid.l),
      m_(grid.m),
      n_(n_at(l_, m_)),
      half_l_(grid.nx / 2.0 * grid.cell_rad),
      half_m_(grid.ny / 2.0 * grid.cell_rad),
      slope_l_(-l_ / n_),
      slope_m_(-m_ / n_),
      largest_(0) {
  for (const double dl : {-half_l_, half_l_})
    for (const double dm : {-half_m_, half_m_}) largest_ = std::max(largest_, -at(dl, dm));
}

// With p = l0 dl + m0 dm and q = dl^2 + dm^2 it is n^2 - n0^2 = -(2 p + q), so that
//   n - n0 + p / n0 = -(2 p + q) / (n + n0) + p / n0 = -(p (2 p + q) / (n + n0) + q n0) / (n0 (n + n0)),
// in which no large numbers cancel.
double ImageDepth::at(double dl, double dm) const {
  const double p = l_ * dl + m_ * dm, q = dl * dl + dm * dm, sum = n_at(l_ + dl, m_ + dm) + n_;
  return -(p * (2 * p + q) / sum + q * n_) / (n_ * sum);
}

double ImageDepth::steepest() const {
  double steepest = 0;
  // l / n is monotonic in l, and in m on either side of 0: it is largest or smallest at a corner or where m is 0.
  for (const double l : {l_ - half_l_, std::clamp(0.0, l_ - half_l_, l_ + half_l_), l_ + half_l_})
    for (const double m : {m_ - half_m_, std::clamp(0.0, m_ - half_m_, m_ + half_m_), m_ + half_m_}) {
      const double n = n_at(l, m);
      steepest = std::max({steepest, std::abs(l / n + slope_l_), std::abs(m / n + slope_m_)});
    }
  return steepest;
}

}  // namespace contimg::imaging
