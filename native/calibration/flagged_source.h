#pragma once

#include <memory>

#include "core/nd_view.h"
#include "core/visibility_source.h"

namespace contimg::calibration {

/// Any source with flags added to its own.
class FlaggedSource final : public VisibilitySource {
 public:
  /// @param reasons  (rows, channels, pols), not 0: flagged; must outlive this
  /// @throws Error{INVALID_ARGUMENT} flags of another shape
  FlaggedSource(std::unique_ptr<VisibilitySource> source, NdView<const std::uint8_t, 3> reasons);

  const Observation& observation() const override { return source_->observation(); }
  void read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) override;
  void read_rows(RowRange rows, const std::function<void(VisibilityBlock&)>& consume,
                 const JobContext& context) override;

 private:
  void flag(VisibilityBlock& block) const;

  std::unique_ptr<VisibilitySource> source_;
  NdView<const std::uint8_t, 3> reasons_;
};

}  // namespace contimg::calibration
