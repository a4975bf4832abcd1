#include "imaging/phase_screens.h"

#include <vector>

#include "core/parallel.h"
#include "core/simd.h"
#include "core/sincos_cycles.h"
#include "imaging/image_depth.h"

namespace contimg::imaging {
namespace {

/// exp(2 pi i w band)
template <typename T>
CONTIMG_SIMD void compute_screen(const double* band, double w, std::size_t n, T* cosine, T* sine) {
  for (std::size_t i = 0; i < n; ++i) {
    const double cycles = w * band[i];
    sincos_cycles(static_cast<T>(cycles - nearest_integer(cycles)), sine[i], cosine[i]);
  }
}

/// out = Re[values * screen]
template <typename T>
CONTIMG_SIMD void real_product(const std::complex<T>* values, const T* cosine, const T* sine, std::size_t n, T* out) {
  const T* parts = reinterpret_cast<const T*>(values);
  for (std::size_t i = 0; i < n; ++i) out[i] = parts[2 * i] * cosine[i] - parts[2 * i + 1] * sine[i];
}

/// out = values * conj(screen)
template <typename T>
CONTIMG_SIMD void conjugate_product(const T* values, const T* cosine, const T* sine, std::size_t n,
                                    std::complex<T>* out) {
  T* parts = reinterpret_cast<T*>(out);
  for (std::size_t i = 0; i < n; ++i) {
    parts[2 * i] = values[i] * cosine[i];
    parts[2 * i + 1] = -values[i] * sine[i];
  }
}

/// What a thread needs for some image columns of length ny, from south to north; kept from call to call.
template <typename T>
class Columns {
 public:
  Columns(std::size_t n, std::size_t ny) : ny_(ny) {
    screen_.resize(2 * ny);
    values_.resize(n * ny);
  }

  T* cosine() { return screen_.data(); }
  T* sine() { return screen_.data() + ny_; }
  T* values(std::size_t k) { return values_.data() + k * ny_; }

  /// Sets cosine and sine to exp(2 pi i w band).
  /// @param band  per pixel; where it is symmetric, of |y - ny/2|
  void set_screen(const double* band, bool is_symmetric, double w) {
    if (!is_symmetric) return compute_screen(band, w, ny_, cosine(), sine());
    const std::size_t half = ny_ / 2;
    compute_screen(band, w, half, cosine() + half, sine() + half);
    compute_screen(band + half, w, 1, cosine(), sine());
    for (std::size_t y = 1; y < half; ++y) {
      cosine()[y] = cosine()[ny_ - y];
      sine()[y] = sine()[ny_ - y];
    }
  }

 private:
  static inline thread_local std::vector<T> screen_, values_;
  std::size_t ny_;
};

}  // namespace

template <typename T>
PhaseScreens<T>::PhaseScreens(const GriddingPlan& plan, unsigned threads)
    : plan_(plan), threads_(threads), is_symmetric_(ImageDepth(plan.image).is_symmetric()) {
  const std::size_t nx = plan.image.nx, ny = plan.image.ny;
  const double cell = plan.image.cell_rad;
  const ImageDepth depth(plan.image);
  band_ = is_symmetric_ ? NdArray<double, 2>::uninitialized({nx / 2 + 1, ny / 2 + 1})
                        : NdArray<double, 2>::uninitialized({nx, ny});
  const double first_x = is_symmetric_ ? 0 : static_cast<double>(nx / 2),
               first_y = is_symmetric_ ? 0 : -static_cast<double>(ny / 2);
  parallel_for(band_.shape(0), threads_, [&](std::size_t x) {
    depth.along((first_x - x) * cell, 0, first_y * cell, cell, band_.shape(1), &band_(x, 0));
    for (std::size_t y = 0; y < band_.shape(1); ++y) band_(x, y) += plan.w_shift;
  });
}

template <typename T>
const double* PhaseScreens<T>::band_of_column(std::size_t x) const {
  const std::size_t middle = plan_.image.nx / 2;
  return &band_(!is_symmetric_ ? x : x < middle ? middle - x : x - middle, 0);
}

template <typename T>
void PhaseScreens<T>::accumulate(NdView<const std::complex<T>, 2> columns, double w, std::size_t x,
                                 NdView<T, 2> image) const {
  const std::size_t n = columns.shape(0), n_cells = columns.shape(1), ny = plan_.image.ny, half = ny / 2;
  Columns<T> work(n, ny);
  for (std::size_t k = 0; k < n; ++k) {
    work.set_screen(band_of_column(x + k), is_symmetric_, w);
    real_product(&columns(k, n_cells - half), work.cosine(), work.sine(), half, work.values(k));
    real_product(&columns(k, 0), work.cosine() + half, work.sine() + half, half, work.values(k) + half);
  }
  for (std::size_t y = 0; y < ny; ++y)
    for (std::size_t k = 0; k < n; ++k) image(y, x + k) += work.values(k)[y];
}

template <typename T>
void PhaseScreens<T>::spread(NdView<const T, 2> image, double w, std::size_t x,
                             NdView<std::complex<T>, 2> columns) const {
  const std::size_t n = columns.shape(0), n_cells = columns.shape(1), ny = plan_.image.ny, half = ny / 2;
  Columns<T> work(n, ny);
  for (std::size_t y = 0; y < ny; ++y)
    for (std::size_t k = 0; k < n; ++k) work.values(k)[y] = image(y, x + k);
  for (std::size_t k = 0; k < n; ++k) {
    work.set_screen(band_of_column(x + k), is_symmetric_, w);
    conjugate_product(work.values(k), work.cosine(), work.sine(), half, &columns(k, n_cells - half));
    conjugate_product(work.values(k) + half, work.cosine() + half, work.sine() + half, half, &columns(k, 0));
  }
}

template <typename T>
void PhaseScreens<T>::correct(NdView<T, 2> image) const {
  const std::size_t nx = plan_.image.nx, ny = plan_.image.ny, first_x = is_symmetric_ ? 0 : nx / 2,
                    first_y = is_symmetric_ ? 0 : ny / 2;
  const auto axis = [&](std::size_t n, std::size_t cells) {
    std::vector<double> correction(n / 2 + 1);
    for (std::size_t i = 0; i <= n / 2; ++i)
      correction[i] = plan_.kernel_uv.correction(static_cast<double>(i) / static_cast<double>(cells));
    return correction;
  };
  const std::vector<double> correction_x = axis(nx, plan_.nu), correction_y = axis(ny, plan_.nv);
  const auto distance = [](std::size_t i, std::size_t center) { return i < center ? center - i : i - center; };
  parallel_for(band_.shape(1), threads_, [&](std::size_t dy) {
    std::vector<double> correction_w(band_.shape(0));
    for (std::size_t dx = 0; dx < correction_w.size(); ++dx) correction_w[dx] = band_(dx, dy) * plan_.w_step;
    plan_.kernel_w.correct(correction_w.data(), correction_w.size());
    std::vector<T> factor(band_.shape(0));
    for (std::size_t dx = 0; dx < factor.size(); ++dx)
      factor[dx] =
          static_cast<T>(correction_y[distance(dy, first_y)] * correction_x[distance(dx, first_x)] * correction_w[dx]);
    if (!is_symmetric_) {
      for (std::size_t x = 0; x < nx; ++x) image(dy, x) *= factor[x];
      return;
    }
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
