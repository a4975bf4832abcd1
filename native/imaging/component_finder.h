#pragma once

#include <cstddef>
#include <memory>

#include "core/job_context.h"
#include "core/nd_view.h"
#include "imaging/clean.h"

namespace contimg::imaging {

/// The minor half of a major cycle.
class ComponentFinder {
 public:
  virtual ~ComponentFinder() = default;

  struct Outlook {
    bool anything = false;   ///< is above its level
    bool to_levels = false;  ///< whether the cycle can go down to all levels
    double over_level = 0;   ///< largest ratio of a pixel to the level of one without a component
  };

  /// Takes levels from a residual. The cycle goes down to them, but no farther than to `lowest_part` of the peak.
  virtual Outlook prepare(NdView<const float, 2> residual, double lowest_part) = 0;

  /// Adds components to the model; `residual` is left in an unknown state.
  /// @returns their number
  virtual std::size_t run(NdView<float, 2> residual, NdView<float, 2> model, std::size_t max_components,
                          const JobContext& context) = 0;
};

/// Single pixels are components. Model and options outlive the result.
std::unique_ptr<ComponentFinder> find_points(NdView<const float, 2> psf, NdView<const float, 2> model,
                                             const CleanOptions& options);

/// Single pixels and Gaussians are components: CleanOptions::scales.
std::unique_ptr<ComponentFinder> find_scales(NdView<const float, 2> psf, NdView<const float, 2> model,
                                             const CleanOptions& options);

}  // namespace contimg::imaging
