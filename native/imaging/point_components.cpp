#include <cmath>
#include <limits>

#include "imaging/clean_levels.h"
#include "imaging/component_finder.h"
#include "imaging/minor_cycle.h"

namespace contimg::imaging {
namespace {

/// The lowest level of a pixel above it; infinity where there is none.
float lowest_level(const ActivePixels& active) {
  float lowest = std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < active.value.size(); ++i)
    if (std::abs(active.value[i]) > active.level[i]) lowest = std::min(lowest, active.level[i]);
  return lowest;
}

class PointComponents final : public ComponentFinder {
 public:
  PointComponents(NdView<const float, 2> psf, NdView<const float, 2> model, const CleanOptions& options)
      : psf_(psf), model_(model), options_(options), levels_(options) {}

  Outlook prepare(NdView<const float, 2> residual, double lowest_part) override {
    levels_.update(residual);
    const auto highest = levels_.highest(residual, model_);
    const double floor = lowest_part * highest.jy;
    active_ =
        select_active(residual, [&](std::size_t y, float* levels) { levels_.fill_row(y, model_, floor, levels); });
    const float lowest = lowest_level(active_);
    return {std::isfinite(lowest), static_cast<float>(floor) < lowest, highest.over_level};
  }

  std::size_t run(NdView<float, 2>, NdView<float, 2> model, std::size_t max_components,
                  const JobContext& context) override {
    return minor_cycle(active_, psf_, {options_.gain, max_components, options_.threads}, model, context);
  }

 private:
  NdView<const float, 2> psf_, model_;
  const CleanOptions& options_;
  CleanLevels levels_;
  ActivePixels active_;
};

}  // namespace

std::unique_ptr<ComponentFinder> find_points(NdView<const float, 2> psf, NdView<const float, 2> model,
                                             const CleanOptions& options) {
  return std::make_unique<PointComponents>(psf, model, options);
}

}  // namespace contimg::imaging
