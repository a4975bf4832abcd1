// Multi-scale clean (Cornwell 2008, IEEE J. Sel. Top. Signal Process. 2, 793) in rounds, after Offringa & Smirnov
// (2017, MNRAS 471, 301):
//
//   1. The residual is convolved with each scale: a Gaussian of sum 1, or nothing. Each convolved residual has its own
//      noise, and so its own levels.
//   2. The scale is taken whose highest pixel above its level, times bias^-(1 + log2(width / beam)), is the highest. A
//      small bias prefers large scales.
//   3. A minor cycle runs on this convolved residual, with the PSF convolved with the scale twice, down to a part of
//   its
//      peak.
//   4. Components become Gaussians in the model; they are convolved with the PSF and subtracted from the residual.
//
// Rounds go on until no scale has a pixel above its level, or the highest begins to grow.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/nd_array.h"
#include "imaging/clean_levels.h"
#include "imaging/component_finder.h"
#include "imaging/image_convolver.h"
#include "imaging/minor_cycle.h"

namespace contimg::imaging {
namespace {

constexpr double kRoundPart = 0.6;  // part of the peak down to which a round goes
constexpr double kGrowth = 1.1;     // of the highest pixel, that ends a cycle

/// A Gaussian of sum 1, cut off where it falls to a thousandth of its peak.
struct Stamp {
  int radius;
  std::vector<float> values;  ///< (2 radius + 1)^2

  explicit Stamp(double fwhm_pixels) {
    const double factor = fwhm_pixels > 0 ? 4 * std::log(2.0) / (fwhm_pixels * fwhm_pixels) : 0;
    radius = fwhm_pixels > 0 ? static_cast<int>(std::sqrt(std::log(1000.0) / factor)) : 0;
    double sum = 0;
    for (int y = -radius; y <= radius; ++y)
      for (int x = -radius; x <= radius; ++x) {
        const double r_squared = x * x + y * y;
        values.push_back(r_squared <= radius * radius ? static_cast<float>(std::exp(-factor * r_squared)) : 0.0f);
        sum += values.back();
      }
    for (float& value : values) value = static_cast<float>(value / sum);
  }

  void add_to(NdView<float, 2> image, int y, int x, float flux) const {
    const int ny = static_cast<int>(image.shape(0)), nx = static_cast<int>(image.shape(1)), width = 2 * radius + 1;
    for (int dy = std::max(-radius, -y); dy <= std::min(radius, ny - 1 - y); ++dy)
      for (int dx = std::max(-radius, -x); dx <= std::min(radius, nx - 1 - x); ++dx)
        image(y + dy, x + dx) += flux * values[static_cast<std::size_t>((dy + radius) * width + dx + radius)];
  }
};

struct Scale {
  double fwhm_pixels, bias;
  Stamp stamp;
  NdArray<float, 2> psf;         ///< convolved with the scale twice, 1 at its center
  double response;               ///< of the convolved residual to a component of 1 Jy
  NdArray<float, 2> components;  ///< so far, Jy
  CleanLevels levels;
  double floor = 0;  ///< of this cycle
};

class ScaleComponents final : public ComponentFinder {
 public:
  ScaleComponents(NdView<const float, 2> psf, NdView<const float, 2> model, const CleanOptions& options)
      : options_(options),
        shape_(psf.shape()),
        convolver_(psf.shape(0), psf.shape(1), options.threads),
        psf_(convolver_.transform(psf)) {
    add_scale(0, 1);
    std::copy(model.begin(), model.end(), scales_[0].components.begin());
    for (const double fwhm : options.scales)
      add_scale(fwhm, std::pow(options.scale_bias, -1 - std::log2(fwhm / options.beam_pixels)));
  }

  Outlook prepare(NdView<const float, 2> residual, double lowest_part) override {
    Outlook outlook{false, true, 0};
    const auto spectrum = convolver_.transform(residual);
    for (Scale& scale : scales_) {
      const auto image = at_scale(spectrum, scale);
      scale.levels.update(image.view());
      const auto highest = scale.levels.highest(image.view(), scale.components.view());
      scale.floor = lowest_part * highest.jy;
      outlook.anything = outlook.anything || highest.jy > 0;
      outlook.to_levels =
          outlook.to_levels && lowest_part * highest.over_level * options_.mask_sigma < options_.threshold_sigma;
      outlook.over_level = std::max(outlook.over_level, highest.over_level);
    }
    return outlook;
  }

  std::size_t run(NdView<float, 2> residual, NdView<float, 2> model, std::size_t max_components,
                  const JobContext& context) override {
    std::size_t n = 0;
    double lowest = std::numeric_limits<double>::infinity();
    while (n < max_components) {
      context.checkpoint();
      const Choice choice = choose(residual);
      if (choice.scale == nullptr || choice.biased_peak > kGrowth * lowest) break;
      lowest = std::min(lowest, choice.biased_peak);
      n += round(choice, residual, model, max_components - n, context);
    }
    return n;
  }

 private:
  struct Choice {
    Scale* scale = nullptr;
    double peak = 0, biased_peak = 0;
    NdArray<float, 2> image;  ///< the residual at this scale
  };

  void add_scale(double fwhm_pixels, double bias) {
    auto psf = NdArray<float, 2>::uninitialized(shape_);
    const auto once = convolver_.smoothed(psf_, fwhm_pixels);
    convolver_.inverse(once, false, psf.view());
    const double height = psf(shape_[0] / 2, shape_[1] / 2);
    convolver_.inverse(convolver_.smoothed(once, fwhm_pixels), false, psf.view());
    const double response = psf(shape_[0] / 2, shape_[1] / 2);
    for (float& value : psf) value = static_cast<float>(value / response);
    CleanOptions options = options_;
    options.threshold_jy *= response / height;  // of a component that is as high as the threshold in the residual
    scales_.push_back({fwhm_pixels, bias, Stamp(fwhm_pixels), std::move(psf), response, NdArray<float, 2>(shape_),
                       CleanLevels(options)});
  }

  NdArray<float, 2> at_scale(const ImageConvolver::Spectrum& residual, const Scale& scale) const {
    auto image = NdArray<float, 2>::uninitialized(shape_);
    convolver_.inverse(convolver_.smoothed(residual, scale.fwhm_pixels), false, image.view());
    return image;
  }

  Choice choose(NdView<const float, 2> residual) {
    Choice best;
    const auto spectrum = convolver_.transform(residual);
    for (Scale& scale : scales_) {
      auto image = at_scale(spectrum, scale);
      const double peak = scale.levels.highest(image.view(), scale.components.view(), scale.floor).jy;
      if (scale.bias * peak > best.biased_peak) best = {&scale, peak, scale.bias * peak, std::move(image)};
    }
    return best;
  }

  /// @returns the number of components, at least 1
  std::size_t round(const Choice& choice, NdView<float, 2> residual, NdView<float, 2> model, std::size_t max_components,
                    const JobContext& context) {
    Scale& scale = *choice.scale;
    const double floor = std::max(scale.floor, kRoundPart * choice.peak);
    ActivePixels active = select_active(choice.image.view(), [&](std::size_t y, float* levels) {
      scale.levels.fill_row(y, scale.components.view(), floor, levels);
    });
    NdArray<float, 2> taken(shape_), added(shape_);
    const std::size_t n =
        minor_cycle(active, scale.psf.view(), {options_.gain, max_components, options_.threads}, taken.view(), context);
    for (std::size_t y = 0; y < shape_[0]; ++y)
      for (std::size_t x = 0; x < shape_[1]; ++x) {
        if (taken(y, x) == 0) continue;
        const float flux = static_cast<float>(taken(y, x) / scale.response);
        scale.components(y, x) += flux;
        scale.stamp.add_to(added.view(), static_cast<int>(y), static_cast<int>(x), flux);
      }
    auto spectrum = convolver_.transform(added.view());
    convolver_.multiply(psf_, spectrum);
    convolver_.inverse(spectrum, true, taken.view());
    for (std::size_t i = 0; i < added.size(); ++i) {
      model.data()[i] += added.data()[i];
      residual.data()[i] -= taken.data()[i];
    }
    return n;
  }

  const CleanOptions& options_;
  const NdView<const float, 2>::Shape shape_;
  ImageConvolver convolver_;
  ImageConvolver::Spectrum psf_;
  std::vector<Scale> scales_;
};

}  // namespace

std::unique_ptr<ComponentFinder> find_scales(NdView<const float, 2> psf, NdView<const float, 2> model,
                                             const CleanOptions& options) {
  return std::make_unique<ScaleComponents>(psf, model, options);
}

}  // namespace contimg::imaging
