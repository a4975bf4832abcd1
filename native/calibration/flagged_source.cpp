#include "calibration/flagged_source.h"

#include <string>

#include "core/error.h"

namespace contimg::calibration {

FlaggedSource::FlaggedSource(std::unique_ptr<VisibilitySource> source, NdView<const std::uint8_t, 3> reasons)
    : source_(std::move(source)), reasons_(reasons) {
  const Observation& o = observation();
  const std::array<std::size_t, 3> expected{o.n_rows(), o.n_channels(), o.n_pols()};
  if (reasons.shape() == expected) return;
  const auto text = [](const std::array<std::size_t, 3>& shape) {
    return std::to_string(shape[0]) + " x " + std::to_string(shape[1]) + " x " + std::to_string(shape[2]);
  };
  throw Error(code::kInvalidArgument, "Expected flags of this observation, " + text(expected) +
                                          " (rows, channels, polarizations), but received " + text(reasons.shape()));
}

void FlaggedSource::flag(VisibilityBlock& block) const {
  for (std::size_t row = 0; row < block.flags.shape(0); ++row) {
    const std::size_t n = block.flags.shape(1) * block.flags.shape(2);
    const std::uint8_t* reasons = &reasons_(block.first_row + row, block.first_channel, 0);
    std::uint8_t* flags = &block.flags(row, 0, 0);
    for (std::size_t i = 0; i < n; ++i) flags[i] |= reasons[i] != 0;
  }
}

void FlaggedSource::read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) {
  read_rows({0, observation().n_rows()}, consume, context);
}

void FlaggedSource::read_rows(RowRange rows, const std::function<void(VisibilityBlock&)>& consume,
                              const JobContext& context) {
  source_->read_rows(
      rows,
      [&](VisibilityBlock& block) {
        flag(block);
        consume(block);
      },
      context);
}

}  // namespace contimg::calibration
