#include "imaging/pixel_spreader.h"

#include <array>
#include <cmath>

#include "core/error.h"

namespace contimg::imaging {
namespace {

using Weights = std::array<double, 2 * InterpolationKernel::kMostPairs>;

}  // namespace

PixelSpreader::PixelSpreader(double misfit) {
  const auto kernel = InterpolationKernel::of_band(kBand, misfit);
  if (!kernel) throw Error(code::kInvalidArgument, "Expected a misfit of at least 1e-6 but received less");
  kernel_ = *kernel;
}

std::size_t PixelSpreader::weigh(double position, double* weights) const {
  const double below = std::floor(position);
  for (std::size_t j = 0; j < kernel_.n_samples(); ++j) weights[j] = kernel_.weight(j, position - below);
  return static_cast<std::size_t>(below) + 1 - kernel_.pairs.size();
}

void PixelSpreader::add(float flux_jy, double x, double y, NdView<float, 2> image) const {
  Weights of_x, of_y;
  const std::size_t first_x = weigh(x, of_x.data()), first_y = weigh(y, of_y.data());
  for (std::size_t j = 0; j < kernel_.n_samples(); ++j) {
    float* const row = &image(first_y + j, first_x);
    for (std::size_t i = 0; i < kernel_.n_samples(); ++i) row[i] += static_cast<float>(flux_jy * of_y[j] * of_x[i]);
  }
}

}  // namespace contimg::imaging
