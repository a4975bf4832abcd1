#include "imaging/degrid_points.h"

#include "imaging/uv_planes.h"

namespace contimg::imaging {

template <typename T>
PointsOfImage<T>::PointsOfImage(const GriddingPlan& plan, unsigned threads)
    : plan_(plan), threads_(threads), tiled_(sort_into_tiles(plan, threads)), screens_(plan, threads) {}

template <typename T>
void PointsOfImage<T>::degrid(NdView<T, 2> image, const T* weights, std::complex<T>* values,
                              const JobContext& context) const {
  screens_.correct(image);
  UvPlanes<T> planes(plan_, tiled_, threads_);
  const std::size_t reach = plan_.kernel_w.width - 1;
  for (std::size_t plane = 0; plane < plan_.n_planes; ++plane) {
    context.checkpoint(static_cast<double>(plane) / plan_.n_planes);
    if (planes.used(plane))
      planes.from_image(plane, [&](std::size_t x, NdView<std::complex<T>, 2> columns) {
        screens_.spread(image, plan_.w_of_plane(plane), x, columns);
      });
    if (plane >= reach) planes.get_points(plane - reach, weights, values, context);
  }
}

template class PointsOfImage<float>;
template class PointsOfImage<double>;

}  // namespace contimg::imaging
