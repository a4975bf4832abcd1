#pragma once

#include <complex>

#include "core/nd_array.h"
#include "core/nd_view.h"
#include "imaging/gridding_plan.h"

namespace contimg::imaging {

/// The image side of a plan: corrections for the gridding kernels, and the screens exp(2 pi i w (n - 1 + w_shift)).
/// A plane is the complex image (ny, nx) that a uv plane transforms to.
template <typename T>
class PhaseScreens {
 public:
  explicit PhaseScreens(const GriddingPlan& plan, unsigned threads);

  /// image += Re[plane * screen(w)].
  void accumulate(NdView<const std::complex<T>, 2> plane, double w, NdView<T, 2> image) const;

  /// plane = image * conj(screen(w)).
  void spread(NdView<const T, 2> image, double w, NdView<std::complex<T>, 2> plane) const;

  /// Multiplies by the corrections of the kernels in u, v and w.
  void correct(NdView<T, 2> image) const;

 private:
  template <typename Body>
  void for_each_row(double w, const Body& body) const;

  const GriddingPlan& plan_;
  unsigned threads_;
  NdArray<double, 2> band_;  ///< n - 1 + w_shift of a quadrant: (ny/2 + 1, nx/2 + 1) of |y - ny/2|, |x - nx/2|
};

}  // namespace contimg::imaging
