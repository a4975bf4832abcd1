// The Gaussian is exp(-(a x^2 + b x y + c y^2)) with x to the west and y to the north in pixels from the center. The
// fit starts from the linear one of -ln P, weighted by P^2, and goes on by Gauss-Newton on P itself.
#include "imaging/restoring_beam.h"

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "core/constants.h"
#include "core/error.h"

namespace contimg::imaging {
namespace {

struct Sample {
  double x, y, value;
};
using Vector3 = std::array<double, 3>;
using Matrix3 = std::array<Vector3, 3>;

/// Where the main lobe ends. DSA-110's lobe is a Gaussian down to 0.6; at 0.5 with robust 0.5 it has grown side arms.
/// With cells so coarse that fewer than kEnoughPixels stand above a level, the next one is taken.
constexpr std::array kLobeLevels{0.6f, 0.5f, 0.4f, 0.3f};
constexpr std::size_t kEnoughPixels = 12;
constexpr std::size_t kFewestPixels = 7;

/// The pixels above the level that are connected with the center.
std::vector<Sample> pixels_above(float level, NdView<const float, 2> psf) {
  const int ny = static_cast<int>(psf.shape(0)), nx = static_cast<int>(psf.shape(1));
  std::vector<char> seen(psf.size(), 0);
  std::vector<std::array<int, 2>> todo{{ny / 2, nx / 2}};
  seen[static_cast<std::size_t>(ny / 2) * nx + nx / 2] = 1;
  std::vector<Sample> lobe;
  while (!todo.empty()) {
    const auto [y, x] = todo.back();
    todo.pop_back();
    if (y == 0 || x == 0 || y == ny - 1 || x == nx - 1)
      throw Error(
          code::kNoValidData,
          "Expected a point spread function with a main lobe inside the image, but it reaches the edge: too few "
          "baselines have data, or the image is smaller than the beam");
    lobe.push_back({double(x - nx / 2), double(y - ny / 2), psf(y, x)});
    for (const auto& [dy, dx] : {std::array{0, 1}, {0, -1}, {1, 0}, {-1, 0}}) {
      const std::size_t next = static_cast<std::size_t>(y + dy) * nx + (x + dx);
      if (seen[next] || !(psf(y + dy, x + dx) > level)) continue;
      seen[next] = 1;
      todo.push_back({y + dy, x + dx});
    }
  }
  return lobe;
}

std::vector<Sample> main_lobe(NdView<const float, 2> psf) {
  std::vector<Sample> lobe;
  for (const float level : kLobeLevels) {
    lobe = pixels_above(level, psf);
    if (lobe.size() >= kEnoughPixels) break;
  }
  return lobe;
}

/// Solves the symmetric A p = r by Cramer's rule.
Vector3 solve(const Matrix3& A, const Vector3& r) {
  const auto det = [](const Matrix3& M) {
    return M[0][0] * (M[1][1] * M[2][2] - M[1][2] * M[2][1]) - M[0][1] * (M[1][0] * M[2][2] - M[1][2] * M[2][0]) +
           M[0][2] * (M[1][0] * M[2][1] - M[1][1] * M[2][0]);
  };
  Vector3 p;
  for (int column = 0; column < 3; ++column) {
    Matrix3 replaced = A;
    for (int row = 0; row < 3; ++row) replaced[row][column] = r[row];
    p[column] = det(replaced) / det(A);
  }
  return p;
}

/// One least-squares step: the parameters p minimizing sum (gradient . p - target)^2.
template <typename Equation>
Vector3 least_squares(const std::vector<Sample>& samples, Equation equation) {
  Matrix3 A{};
  Vector3 r{};
  for (const Sample& s : samples) {
    const auto [gradient, target] = equation(s);
    for (int i = 0; i < 3; ++i) {
      r[i] += gradient[i] * target;
      for (int j = 0; j < 3; ++j) A[i][j] += gradient[i] * gradient[j];
    }
  }
  return solve(A, r);
}

using Equation = std::pair<Vector3, double>;

Vector3 fit(const std::vector<Sample>& lobe) {
  Vector3 p = least_squares(lobe, [](const Sample& s) {
    const double w = s.value;
    return Equation{{w * s.x * s.x, w * s.x * s.y, w * s.y * s.y}, -w * std::log(s.value)};
  });
  for (int iteration = 0; iteration < 20; ++iteration) {
    const Vector3 step = least_squares(lobe, [&](const Sample& s) {
      const double g = std::exp(-(p[0] * s.x * s.x + p[1] * s.x * s.y + p[2] * s.y * s.y));
      return Equation{{-g * s.x * s.x, -g * s.x * s.y, -g * s.y * s.y}, s.value - g};
    });
    for (int i = 0; i < 3; ++i) p[i] += step[i];
  }
  return p;
}

/// A beam of peak 1 over pixels from its center: exp(-(a x^2 + b x y + c y^2)), 0 where it is below 1e-7.
struct GaussianForm {
  double a, b, c;
  int radius;  ///< beyond it, it is 0

  GaussianForm(const RestoringBeam& beam, double cell_rad) {
    const double factor = 4 * std::log(2.0) * cell_rad * cell_rad;
    const double along = factor / (beam.major_rad * beam.major_rad),
                 across = factor / (beam.minor_rad * beam.minor_rad);
    const double east = std::sin(beam.position_angle_rad), north = std::cos(beam.position_angle_rad);
    // With x = -east: the form is along (north y - east x)^2 + across (east y + north x)^2.
    a = along * east * east + across * north * north;
    b = 2 * (across - along) * east * north;
    c = along * north * north + across * east * east;
    radius = static_cast<int>(std::ceil(std::sqrt(kSmallestLog / along)));
  }
  double operator()(double x, double y) const {
    const double exponent = a * x * x + b * x * y + c * y * y;
    return exponent > kSmallestLog ? 0 : std::exp(-exponent);
  }

 private:
  static constexpr double kSmallestLog = 16.11809565095832;  // ln 1e7
};

}  // namespace

RestoringBeam fit_restoring_beam(NdView<const float, 2> psf, double cell_rad) {
  const std::vector<Sample> lobe = main_lobe(psf);
  if (lobe.size() < kFewestPixels)
    throw Error(code::kInvalidArgument, "Expected at least " + std::to_string(kFewestPixels) +
                                            " pixels in the main lobe of the point spread function but found " +
                                            std::to_string(lobe.size()) + ". Use a smaller cell than " +
                                            std::to_string(cell_rad / kArcsec) + "\"");
  const auto [a, b, c] = fit(lobe);
  // Eigenvalues of [[a, b/2], [b/2, c]]: the small one belongs to the major axis.
  const double mean = 0.5 * (a + c), difference = std::hypot(0.5 * (a - c), 0.5 * b);
  const double small = mean - difference, large = mean + difference;
  if (!(small > 0) || !std::isfinite(large))
    throw Error(code::kNoValidData, "Expected a point spread function with a peak at its center but it has none");
  const double fwhm_factor = 2 * std::sqrt(std::log(2.0)) * cell_rad;
  // Major axis (x, y) = (cos t, sin t) with 2t = atan2(-b, c - a); east is -x.
  const double t = 0.5 * std::atan2(-b, c - a);
  double angle = std::atan2(-std::cos(t), std::sin(t));
  if (angle <= -kPi / 2) angle += kPi;
  if (angle > kPi / 2) angle -= kPi;
  return {fwhm_factor / std::sqrt(small), fwhm_factor / std::sqrt(large), angle};
}

void restore(NdView<const float, 2> model, const RestoringBeam& beam, double cell_rad, NdView<float, 2> image) {
  const GaussianForm form(beam, cell_rad);
  const int radius = form.radius;
  const int ny = static_cast<int>(model.shape(0)), nx = static_cast<int>(model.shape(1));
  const int width = 2 * radius + 1;
  std::vector<float> stamp(static_cast<std::size_t>(width) * width);
  for (int dy = -radius; dy <= radius; ++dy)
    for (int dx = -radius; dx <= radius; ++dx) {
      stamp[static_cast<std::size_t>(dy + radius) * width + (dx + radius)] = static_cast<float>(form(dx, dy));
    }
  for (int y = 0; y < ny; ++y)
    for (int x = 0; x < nx; ++x) {
      const float flux = model(y, x);
      if (flux == 0) continue;
      const int first_x = std::max(-radius, -x), last_x = std::min(radius, nx - 1 - x);
      for (int dy = std::max(-radius, -y); dy <= std::min(radius, ny - 1 - y); ++dy) {
        const float* row = &stamp[static_cast<std::size_t>(dy + radius) * width + radius];
        float* to = &image(y + dy, x);
        for (int dx = first_x; dx <= last_x; ++dx) to[dx] += flux * row[dx];
      }
    }
}

void restore_point(double flux_jy, double x, double y, const RestoringBeam& beam, double cell_rad,
                   NdView<float, 2> image) {
  const GaussianForm form(beam, cell_rad);
  const double ny = static_cast<double>(image.shape(0)), nx = static_cast<double>(image.shape(1));
  for (double py = std::max(0.0, std::ceil(y - form.radius)); py < std::min(ny, y + form.radius); ++py)
    for (double px = std::max(0.0, std::ceil(x - form.radius)); px < std::min(nx, x + form.radius); ++px)
      image(py, px) += static_cast<float>(flux_jy * form(px - x, py - y));
}

}  // namespace contimg::imaging
