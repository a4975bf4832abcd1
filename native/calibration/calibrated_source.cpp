#include "calibration/calibrated_source.h"

#include <cmath>

#include "core/parallel.h"

namespace contimg::calibration {
namespace {

constexpr std::size_t kRowsPerTask = 64;

std::vector<std::string> with_line(std::vector<std::string> history, const std::string& line) {
  history.push_back(line);
  return history;
}

}  // namespace

CalibratedSource::CalibratedSource(std::unique_ptr<VisibilitySource> source, const SolutionSet& solutions,
                                   unsigned threads)
    : source_(std::move(source)),
      observation_(source_->observation()),
      curves_(solutions, observation_),
      threads_(threads) {
  observation_.history = with_line(std::move(observation_.history), "contimg: calibrated while read");
}

void CalibratedSource::read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) {
  read_rows({0, observation_.n_rows()}, consume, context);
}

void CalibratedSource::read_rows(RowRange rows, const std::function<void(VisibilityBlock&)>& consume,
                                 const JobContext& context) {
  source_->read_rows(
      rows,
      [&](VisibilityBlock& block) {
        calibrate(block);
        consume(block);
      },
      context);
}

void CalibratedSource::calibrate(VisibilityBlock& block) const {
  const std::size_t n_rows = block.visibilities.shape(0);
  for (std::size_t begin = 0; begin < n_rows;) {
    std::size_t end = begin;
    const auto time_of = [&](std::size_t row) { return observation_.time_index[block.first_row + row]; };
    while (end < n_rows && time_of(end) == time_of(begin)) ++end;
    calibrate_rows(block, begin, end);
    begin = end;
  }
}

void CalibratedSource::calibrate_rows(VisibilityBlock& block, std::size_t begin, std::size_t end) const {
  const std::size_t n_channels = block.visibilities.shape(1), n_pols = block.visibilities.shape(2);
  const Observation& o = observation_;
  auto gains = NdArray<std::complex<float>, 3>::uninitialized({o.antennas.size(), n_channels, kFeeds});
  curves_.fill(o.time_mjd_s[o.time_index[block.first_row + begin]], block.first_channel, gains.view());
  parallel_for((end - begin + kRowsPerTask - 1) / kRowsPerTask, threads_, [&](std::size_t task) {
    const std::size_t first = begin + task * kRowsPerTask, last = std::min(end, first + kRowsPerTask);
    for (std::size_t row = first; row < last; ++row) {
      const std::size_t a = o.antenna1[block.first_row + row], b = o.antenna2[block.first_row + row];
      for (std::size_t k = 0; k < n_channels; ++k)
        for (std::size_t p = 0; p < n_pols; ++p) {
          const FeedPair feed = feeds_of(o.polarizations[p]);
          const std::complex<float> g = gains(a, k, feed.first) * std::conj(gains(b, k, feed.second));
          const float power = std::norm(g);
          if (power > 0) {
            block.visibilities(row, k, p) *= std::conj(g) / power;
            block.weights(row, k, p) *= power;
          } else {
            block.visibilities(row, k, p) = 0;
            block.weights(row, k, p) = 0;
            block.flags(row, k, p) = 1;
          }
        }
    }
  });
}

}  // namespace contimg::calibration
