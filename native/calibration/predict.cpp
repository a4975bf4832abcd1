#include "calibration/predict.h"

#include <numeric>

#include "core/parallel.h"

namespace contimg::calibration {

PredictedVisibilities predict(const Observation& observation, const SkyModel& model, const PredictionOptions& options,
                              const JobContext& context) {
  const std::size_t n_times = observation.time_mjd_s.size(), n_channels = observation.n_channels();
  PredictedVisibilities result{NdArray<std::complex<float>, 2>::uninitialized({observation.n_rows(), n_channels}),
                               options.method};
  const auto done = [&](std::size_t time) { return static_cast<double>(time) / static_cast<double>(n_times); };
  for (std::size_t time = 0; time < n_times;) {
    const ModelVisibilities seen(observation, model, {time, n_times}, options, context.part(done(time), 1));
    result.method = seen.method();
    for (; time < seen.times().end; ++time) {
      context.checkpoint();
      const RowRange range = rows_of(observation, {time, time + 1});
      std::vector<std::size_t> rows(range.count);
      std::iota(rows.begin(), rows.end(), range.first);
      auto re = NdArray<float, 2>::uninitialized({range.count, n_channels});
      auto im = NdArray<float, 2>::uninitialized({range.count, n_channels});
      seen.predict(rows, 0, re.view(), im.view(), options.threads);
      parallel_for(range.count, options.threads, [&](std::size_t i) {
        for (std::size_t k = 0; k < n_channels; ++k) result.visibilities(rows[i], k) = {re(i, k), im(i, k)};
      });
    }
    context.checkpoint(done(time));
  }
  return result;
}

}  // namespace contimg::calibration
