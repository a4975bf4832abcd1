#include "ms/averaged_source.h"

#include <complex>
#include <map>
#include <memory>
#include <utility>

#include "core/error.h"
#include "core/nd_array.h"

namespace contimg::ms {

/// Some channels of a bin: sums until it is full, means afterwards.
struct AveragedSource::Bin {
  NdArray<std::complex<float>, 3> visibilities;
  NdArray<std::uint8_t, 3> flags;
  NdArray<float, 3> weights;
  std::size_t n_missing;  ///< rows of the source that have not come

  Bin(const std::array<std::size_t, 3>& shape, std::size_t n_samples)
      : visibilities(shape), flags(shape), weights(shape), n_missing(n_samples) {}

  /// Adds one row of a block to a row of this bin; returns the sum of the weights and how many there were.
  std::pair<double, std::size_t> add(const VisibilityBlock& block, std::size_t block_row, std::size_t row) {
    const std::size_t n = weights.shape(1) * weights.shape(2);
    const std::complex<float>* from = &block.visibilities(block_row, 0, 0);
    const std::uint8_t* from_flags = &block.flags(block_row, 0, 0);
    const float* from_weights = &block.weights(block_row, 0, 0);
    std::complex<float>* to = &visibilities(row, 0, 0);
    float* to_weights = &weights(row, 0, 0);
    double sum = 0;
    std::size_t n_good = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const bool good = from_flags[i] == 0 && from_weights[i] > 0;
      const float weight = good ? from_weights[i] : 0;
      to[i] += good ? weight * from[i] : std::complex<float>(0);
      to_weights[i] += weight;
      sum += weight;
      n_good += good;
    }
    --n_missing;
    return {sum, n_good};
  }

  void divide() {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const float weight = weights.data()[i];
      flags.data()[i] = !(weight > 0);
      if (weight > 0) visibilities.data()[i] /= weight;
    }
  }
};

AveragedSource::AveragedSource(VisibilitySource& source, const Direction& center, const AveragingLimits& limits)
    : source_(source),
      plan_(plan_averaging(source.observation(), center, limits)),
      rephasing_(plan_rephase(source.observation(), center)) {
  const Observation& averaged = plan_.observation;
  n_samples_of_bin_.assign(plan_.bins.size(), 0);
  for (std::size_t row = 0; row < averaged.n_rows(); ++row) {
    const std::uint32_t bin = averaged.time_index[row];
    while (first_row_of_bin_.size() <= bin) first_row_of_bin_.push_back(static_cast<std::uint32_t>(row));
    n_samples_of_bin_[bin] += plan_.n_averaged[row];
  }
  first_row_of_bin_.push_back(static_cast<std::uint32_t>(averaged.n_rows()));
}

void AveragedSource::read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) {
  const Observation &from = source_.observation(), &to = plan_.observation;
  moments_.assign(to.n_rows(), {});
  std::map<std::pair<std::size_t, std::size_t>, std::unique_ptr<Bin>> begun;  // by first channel and bin
  const auto add_row = [&](const VisibilityBlock& block, std::size_t block_row) {
    const std::size_t source_row = block.first_row + block_row, row = plan_.row[source_row];
    const std::size_t bin_index = to.time_index[row], first_row = first_row_of_bin_[bin_index];
    std::unique_ptr<Bin>& bin = begun[{block.first_channel, bin_index}];
    const std::array<std::size_t, 3> shape{first_row_of_bin_[bin_index + 1] - first_row, block.weights.shape(1),
                                           block.weights.shape(2)};
    if (!bin) bin = std::make_unique<Bin>(shape, n_samples_of_bin_[bin_index]);
    if (bin->weights.shape() != shape)
      throw Error(code::kInternal, "Expected blocks that start at the same channel to end at the same");
    const auto [weight, n_good] = bin->add(block, block_row, row - first_row);
    const std::size_t time = from.time_index[source_row];
    Moments& moments = moments_[row];
    moments.weight += weight;
    moments.weight_offset_s += weight * (from.time_mjd_s[time] - to.time_mjd_s[bin_index]);
    moments.good_s += static_cast<double>(n_good) * from.integration_s[time];
    if (bin->n_missing > 0) return;
    bin->divide();
    VisibilityBlock full{first_row, block.first_channel, bin->visibilities.view(), bin->flags.view(),
                         bin->weights.view()};
    consume(full);
    begun.erase({block.first_channel, bin_index});
  };
  source_.read(
      [&](VisibilityBlock& block) {
        rephase(block, rephasing_, from.freq_hz);
        for (std::size_t row = 0; row < block.weights.shape(0); ++row) add_row(block, row);
      },
      context);
}

std::vector<AveragedSource::RowTimes> AveragedSource::row_times() const {
  const auto n_values = static_cast<double>(plan_.observation.n_channels() * plan_.observation.n_pols());
  std::vector<RowTimes> result;
  for (const Moments& moments : moments_)
    result.push_back({moments.weight > 0 ? moments.weight_offset_s / moments.weight : 0, moments.good_s / n_values});
  return result;
}

}  // namespace contimg::ms
