#include "imaging/phase_screens.h"

#include <vector>

#include "core/parallel.h"
#include "core/simd.h"
#include "imaging/sincos_cycles.h"

namespace contimg::imaging {
namespace {

/// exp(2 pi i w band) of one image row, nx long, from the half row |x - nx/2| = 0 ... nx/2.
template <typename T>
CONTIMG_SIMD void screen_row(const double* band, double w, std::size_t nx, T* cosine, T* sine) {
  const std::size_t half = nx / 2;
  T* const right_cosine = cosine + half;
  T* const right_sine = sine + half;
  for (std::size_t x = 0; x < half; ++x) {
    const double cycles = w * band[x];
    sincos_cycles(static_cast<T>(cycles - nearest_integer(cycles)), right_sine[x], right_cosine[x]);
  }
  for (std::size_t x = 1; x < half; ++x) cosine[half - x] = right_cosine[x], sine[half - x] = right_sine[x];
  const double cycles = w * band[half];
  sincos_cycles(static_cast<T>(cycles - nearest_integer(cycles)), sine[0], cosine[0]);
}

template <typename T>
CONTIMG_SIMD void accumulate_row(const std::complex<T>* plane, const T* cosine, const T* sine, std::size_t n,
                                 T* image) {
  const T* values = reinterpret_cast<const T*>(plane);
  for (std::size_t x = 0; x < n; ++x) image[x] += values[2 * x] * cosine[x] - values[2 * x + 1] * sine[x];
}

template <typename T>
CONTIMG_SIMD void spread_row(const T* image, const T* cosine, const T* sine, std::size_t n, std::complex<T>* plane) {
  T* values = reinterpret_cast<T*>(plane);
  for (std::size_t x = 0; x < n; ++x) {
    values[2 * x] = image[x] * cosine[x];
    values[2 * x + 1] = -image[x] * sine[x];
  }
}

}  // namespace

template <typename T>
PhaseScreens<T>::PhaseScreens(const GriddingPlan& plan, unsigned threads)
    : plan_(plan),
      threads_(threads),
      band_(NdArray<double, 2>::uninitialized({plan.image.ny / 2 + 1, plan.image.nx / 2 + 1})) {
  parallel_for(band_.shape(0), threads_, [&](std::size_t y) {
    for (std::size_t x = 0; x < band_.shape(1); ++x)
      band_(y, x) = n_minus_1(x * plan.image.cell_rad, y * plan.image.cell_rad) + plan.w_shift;
  });
}

/// Calls body(row, cosine, sine) for every image row, in parallel.
template <typename T>
template <typename Body>
void PhaseScreens<T>::for_each_row(double w, const Body& body) const {
  const std::size_t nx = plan_.image.nx, ny = plan_.image.ny, half = ny / 2;
  parallel_for(half + 1, threads_, [&](std::size_t distance) {
    thread_local std::vector<T> screen;
    screen.resize(2 * nx);
    T *cosine = screen.data(), *sine = cosine + nx;
    screen_row(band_.data() + distance * band_.shape(1), w, nx, cosine, sine);
    if (distance < half) body(half + distance, cosine, sine);
    if (distance > 0) body(half - distance, cosine, sine);
  });
}

template <typename T>
void PhaseScreens<T>::accumulate(NdView<const std::complex<T>, 2> plane, double w, NdView<T, 2> image) const {
  for_each_row(w, [&, nx = plan_.image.nx](std::size_t y, const T* cosine, const T* sine) {
    accumulate_row(plane.data() + y * nx, cosine, sine, nx, image.data() + y * nx);
  });
}

template <typename T>
void PhaseScreens<T>::spread(NdView<const T, 2> image, double w, NdView<std::complex<T>, 2> plane) const {
  for_each_row(w, [&, nx = plan_.image.nx](std::size_t y, const T* cosine, const T* sine) {
    spread_row(image.data() + y * nx, cosine, sine, nx, plane.data() + y * nx);
  });
}

template <typename T>
void PhaseScreens<T>::correct(NdView<T, 2> image) const {
  const std::size_t nx = plan_.image.nx, ny = plan_.image.ny;
  const auto axis = [&](std::size_t n, std::size_t cells) {
    std::vector<double> correction(n / 2 + 1);
    for (std::size_t i = 0; i <= n / 2; ++i)
      correction[i] = plan_.kernel_uv.correction(static_cast<double>(i) / static_cast<double>(cells));
    return correction;
  };
  const std::vector<double> correction_x = axis(nx, plan_.nu), correction_y = axis(ny, plan_.nv);
  parallel_for(ny / 2 + 1, threads_, [&](std::size_t dy) {
    std::vector<T> factor(nx / 2 + 1);
    for (std::size_t dx = 0; dx <= nx / 2; ++dx)
      factor[dx] =
          static_cast<T>(correction_y[dy] * correction_x[dx] * plan_.kernel_w.correction(band_(dy, dx) * plan_.w_step));
    const auto multiply_row = [&](T* row) {
      for (std::size_t x = 0; x < nx / 2; ++x) row[x] *= factor[nx / 2 - x];
      for (std::size_t x = nx / 2; x < nx; ++x) row[x] *= factor[x - nx / 2];
    };
    if (dy < ny / 2) multiply_row(image.data() + (ny / 2 + dy) * nx);
    if (dy > 0) multiply_row(image.data() + (ny / 2 - dy) * nx);
  });
}

template class PhaseScreens<float>;
template class PhaseScreens<double>;

}  // namespace contimg::imaging
