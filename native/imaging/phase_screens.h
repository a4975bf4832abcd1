#pragma once

#include <complex>

#include "core/nd_array.h"
#include "core/nd_view.h"
#include "imaging/gridding_plan.h"

namespace contimg::imaging {

/// The image side of a plan: corrections for the gridding kernels, and the screens exp(2 pi i w (depth + w_shift)).
/// A plane comes by columns, as uv planes transform to them: row y of the image is at index y - ny/2 of the axis, which
/// wraps.
template <typename T>
class PhaseScreens {
 public:
  explicit PhaseScreens(const GriddingPlan& plan, unsigned threads);

  /// image columns from x on += Re[columns * screen(w)].
  void accumulate(NdView<const std::complex<T>, 2> columns, double w, std::size_t x, NdView<T, 2> image) const;

  /// columns = image columns from x on * conj(screen(w)).
  void spread(NdView<const T, 2> image, double w, std::size_t x, NdView<std::complex<T>, 2> columns) const;

  /// Multiplies by the corrections of the kernels in u, v and w.
  void correct(NdView<T, 2> image) const;

 private:
  /// Of image column x.
  const double* band_of_column(std::size_t x) const;

  const GriddingPlan& plan_;
  unsigned threads_;
  bool is_symmetric_;
  /// depth + w_shift: (nx, ny), or where it is symmetric of a quadrant, (nx/2 + 1, ny/2 + 1) of |x - nx/2|, |y - ny/2|.
  NdArray<double, 2> band_;
};

}  // namespace contimg::imaging
