#pragma once

#include <cmath>
#include <cstddef>

#include "core/constants.h"
#include "core/nd_view.h"
#include "mosaic/celestial_grid.h"

/// Point sources in test images: drawn into one and measured in another.
namespace contimg::test {

struct Pixel {
  double x, y;
};

/// Pixel of a direction by the formulas of FITS WCS paper II for SIN, spherical trigonometry and all: not what is
/// tested.
inline Pixel pixel_of(const mosaic::CelestialGrid& grid, const Direction& d) {
  const Direction center = direction_of(grid.axes[2]);
  const double delta = d.ra_rad - center.ra_rad;
  const double l = std::cos(d.dec_rad) * std::sin(delta);
  const double m =
      std::sin(d.dec_rad) * std::cos(center.dec_rad) - std::cos(d.dec_rad) * std::sin(center.dec_rad) * std::cos(delta);
  return {grid.reference_x + l / grid.matrix[0], grid.reference_y + m / grid.matrix[3]};
}

/// A square grid with its center in the middle.
inline mosaic::CelestialGrid square_grid(double ra_deg, double dec_deg, std::size_t n, double cell_arcsec) {
  const double middle = static_cast<double>(n / 2);
  return mosaic::north_up_grid({ra_deg * kDegree, dec_deg * kDegree}, cell_arcsec * kArcsec, middle, middle, n, n);
}

inline void add_gaussian(NdView<float, 2> image, Pixel at, double peak, double fwhm) {
  const double k = 4 * std::log(2.0) / (fwhm * fwhm);
  for (std::size_t y = 0; y < image.shape(0); ++y)
    for (std::size_t x = 0; x < image.shape(1); ++x) {
      const double dx = static_cast<double>(x) - at.x, dy = static_cast<double>(y) - at.y;
      if (dx * dx + dy * dy < 16 * fwhm * fwhm)
        image(y, x) += static_cast<float>(peak * std::exp(-k * (dx * dx + dy * dy)));
    }
}

struct Measured {
  double x, y, peak;
};

/// Peak near `at`: the logarithm of a Gaussian is a paraboloid, which nine pixels determine (least squares).
inline Measured measure(NdView<const float, 2> image, Pixel at) {
  const auto ix = static_cast<std::ptrdiff_t>(std::lround(at.x)), iy = static_cast<std::ptrdiff_t>(std::lround(at.y));
  double s = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
  for (int j = -1; j <= 1; ++j)
    for (int i = -1; i <= 1; ++i) {
      const double z = std::log(static_cast<double>(image(iy + j, ix + i)));
      s += z, sx += i * z, sy += j * z, sxx += i * i * z, syy += j * j * z, sxy += i * j * z;
    }
  const double a = sx / 6, b = sy / 6, c = sxx / 2 - s / 3, d = syy / 2 - s / 3, e = sxy / 4;
  const double f = (5 * s - 3 * (sxx + syy)) / 9;
  const double det = 4 * c * d - e * e;
  const double x = (e * b - 2 * d * a) / det, y = (e * a - 2 * c * b) / det;
  const double peak = f + a * x + b * y + c * x * x + d * y * y + e * x * y;
  return {static_cast<double>(ix) + x, static_cast<double>(iy) + y, std::exp(peak)};
}

}  // namespace contimg::test
