#include "imaging/phase_screens.h"

#include <vector>

#include "core/parallel.h"
#include "core/simd.h"
#include "imaging/sincos_cycles.h"

namespace contimg::imaging {
namespace {

/// exp(2 pi i w band) of one image row, nx long, from the half row |x - nx/2| = 0 ... nx/2.
CONTIMG_SIMD void screen_row(const double* band, double w, std::size_t nx, float* cosine, float* sine) {
  const std::size_t half = nx / 2;
  float* const right_cosine = cosine + half;
  float* const right_sine = sine + half;
  for (std::size_t x = 0; x < half; ++x) {
    const double cycles = w * band[x];
    sincos_cycles(static_cast<float>(cycles - nearest_integer(cycles)), right_sine[x], right_cosine[x]);
  }
  for (std::size_t x = 1; x < half; ++x) cosine[half - x] = right_cosine[x], sine[half - x] = right_sine[x];
  const double cycles = w * band[half];
  sincos_cycles(static_cast<float>(cycles - nearest_integer(cycles)), sine[0], cosine[0]);
}

CONTIMG_SIMD void accumulate_row(const std::complex<float>* plane, const float* cosine, const float* sine,
                                 std::size_t n, float* image) {
  const float* values = reinterpret_cast<const float*>(plane);
  for (std::size_t x = 0; x < n; ++x) image[x] += values[2 * x] * cosine[x] - values[2 * x + 1] * sine[x];
}

CONTIMG_SIMD void spread_row(const float* image, const float* cosine, const float* sine, std::size_t n,
                             std::complex<float>* plane) {
  float* values = reinterpret_cast<float*>(plane);
  for (std::size_t x = 0; x < n; ++x) {
    values[2 * x] = image[x] * cosine[x];
    values[2 * x + 1] = -image[x] * sine[x];
  }
}

}  // namespace

PhaseScreens::PhaseScreens(const GriddingPlan& plan, unsigned threads)
    : plan_(plan),
      threads_(threads),
      band_(NdArray<double, 2>::uninitialized({plan.image.ny / 2 + 1, plan.image.nx / 2 + 1})) {
  parallel_for(band_.shape(0), threads_, [&](std::size_t y) {
    for (std::size_t x = 0; x < band_.shape(1); ++x)
      band_(y, x) = n_minus_1(x * plan.image.cell_rad, y * plan.image.cell_rad) + plan.w_shift;
  });
}

/// Calls body(row, cosine, sine) for every image row, in parallel.
template <typename Body>
void PhaseScreens::for_each_row(double w, const Body& body) const {
  const std::size_t nx = plan_.image.nx, ny = plan_.image.ny, half = ny / 2;
  parallel_for(half + 1, threads_, [&](std::size_t distance) {
    thread_local std::vector<float> screen;
    screen.resize(2 * nx);
    float *cosine = screen.data(), *sine = cosine + nx;
    screen_row(band_.data() + distance * band_.shape(1), w, nx, cosine, sine);
    if (distance < half) body(half + distance, cosine, sine);
    if (distance > 0) body(half - distance, cosine, sine);
  });
}

void PhaseScreens::accumulate(NdView<const std::complex<float>, 2> plane, double w, NdView<float, 2> image) const {
  for_each_row(w, [&, nx = plan_.image.nx](std::size_t y, const float* cosine, const float* sine) {
    accumulate_row(plane.data() + y * nx, cosine, sine, nx, image.data() + y * nx);
  });
}

void PhaseScreens::spread(NdView<const float, 2> image, double w, NdView<std::complex<float>, 2> plane) const {
  for_each_row(w, [&, nx = plan_.image.nx](std::size_t y, const float* cosine, const float* sine) {
    spread_row(image.data() + y * nx, cosine, sine, nx, plane.data() + y * nx);
  });
}

void PhaseScreens::correct(NdView<float, 2> image) const {
  const std::size_t nx = plan_.image.nx, ny = plan_.image.ny;
  const auto axis = [&](std::size_t n, std::size_t cells) {
    std::vector<double> correction(n / 2 + 1);
    for (std::size_t i = 0; i <= n / 2; ++i)
      correction[i] = plan_.kernel_uv.correction(static_cast<double>(i) / static_cast<double>(cells));
    return correction;
  };
  const std::vector<double> correction_x = axis(nx, plan_.nu), correction_y = axis(ny, plan_.nv);
  parallel_for(ny / 2 + 1, threads_, [&](std::size_t dy) {
    std::vector<float> factor(nx / 2 + 1);
    for (std::size_t dx = 0; dx <= nx / 2; ++dx)
      factor[dx] = static_cast<float>(correction_y[dy] * correction_x[dx] *
                                      plan_.kernel_w.correction(band_(dy, dx) * plan_.w_step));
    const auto multiply_row = [&](float* row) {
      for (std::size_t x = 0; x < nx / 2; ++x) row[x] *= factor[nx / 2 - x];
      for (std::size_t x = nx / 2; x < nx; ++x) row[x] *= factor[x - nx / 2];
    };
    if (dy < ny / 2) multiply_row(image.data() + (ny / 2 + dy) * nx);
    if (dy > 0) multiply_row(image.data() + (ny / 2 - dy) * nx);
  });
}

}  // namespace contimg::imaging
