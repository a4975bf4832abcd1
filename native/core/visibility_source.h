#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "core/job_context.h"
#include "core/nd_view.h"
#include "core/observation.h"
#include "core/row_range.h"

namespace contimg {

/// Consecutive rows and channels of an observation.
struct VisibilityBlock {
  std::size_t first_row = 0;
  std::size_t first_channel = 0;
  NdView<std::complex<float>, 3> visibilities;  ///< (rows, channels, pols), sign: docs/conventions.md section 2
  NdView<std::uint8_t, 3> flags;                ///< (rows, channels, pols), 1 = do not use
  NdView<float, 3> weights;                     ///< (rows, channels, pols), relative; 0 where flagged counts as flagged
};

/// From where every kernel takes visibilities: a group of UVH5 files or a MeasurementSet.
class VisibilitySource {
 public:
  virtual ~VisibilitySource() = default;

  virtual const Observation& observation() const = 0;

  /// Hands every visibility of the observation, once, to `consume`, block by block in any order.
  /// The arrays of a block may be changed by the consumer and are gone when it returns.
  /// `consume` runs on the calling thread. Can be called again.
  /// @throws Error on unreadable data; Cancelled at a checkpoint
  virtual void read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) = 0;

  /// The same for some rows alone. Here everything is read and the rest passed over; files read what is asked for.
  virtual void read_rows(RowRange rows, const std::function<void(VisibilityBlock&)>& consume,
                         const JobContext& context);
};

}  // namespace contimg
