#include "ms/ms_selection.h"

#include <algorithm>

#include "core/error.h"

namespace contimg::ms {
namespace {

/// End of `n` items from `first` on, of which `available` exist.
std::size_t end_of(std::size_t first, std::size_t n, std::size_t available, const char* what) {
  if (first >= available || n == 0)
    throw Error(code::kInvalidArgument, std::string("Expected at least one ") + what + " of the " +
                                            std::to_string(available) + " there are, counted from 0, but asked for " +
                                            std::to_string(n) + " from " + std::to_string(first));
  return first + std::min(n, available - first);
}

template <typename T>
void keep(std::vector<T>& values, std::size_t begin, std::size_t end) {
  values.resize(end);
  values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(begin));
}

void narrow_times(MsContents& contents, std::size_t begin, std::size_t end) {
  Observation& observation = contents.observation;
  const auto first_row_of = [&](std::size_t time) {
    const auto& index = observation.time_index;
    return static_cast<std::size_t>(std::lower_bound(index.begin(), index.end(), time) - index.begin());
  };
  const std::size_t first_row = first_row_of(begin), end_row = first_row_of(end);
  keep(observation.time_mjd_s, begin, end);
  keep(observation.integration_s, begin, end);
  keep(observation.phase_center, begin, end);
  keep(observation.pointing, begin, end);
  keep(contents.field_of_time, begin, end);
  keep(observation.time_index, first_row, end_row);
  for (std::uint32_t& index : observation.time_index) index -= static_cast<std::uint32_t>(begin);
  keep(observation.antenna1, first_row, end_row);
  keep(observation.antenna2, first_row, end_row);
  keep(observation.uvw_m, first_row, end_row);
  for (auto& rows : contents.table_rows) keep(rows, first_row, end_row);
}

void narrow_spws(MsContents& contents, std::size_t begin, std::size_t end) {
  Observation& observation = contents.observation;
  auto& first = observation.spw_first_channel;
  const std::size_t first_channel = first[begin];
  const std::size_t end_channel = end < first.size() ? first[end] : observation.n_channels();
  keep(observation.freq_hz, first_channel, end_channel);
  keep(observation.channel_width_hz, first_channel, end_channel);
  keep(first, begin, end);
  for (std::size_t& channel : first) channel -= first_channel;
  keep(contents.table_rows, begin, end);
  keep(contents.descending, begin, end);
}

}  // namespace

void narrow(MsContents& contents, const Selection& selection) {
  const Observation& observation = contents.observation;
  const std::size_t end_time =
      end_of(selection.first_time, selection.n_times, observation.time_mjd_s.size(), "integration");
  const std::size_t end_spw =
      end_of(selection.first_spw, selection.n_spws, observation.spw_first_channel.size(), "spectral window");
  narrow_times(contents, selection.first_time, end_time);
  narrow_spws(contents, selection.first_spw, end_spw);
}

}  // namespace contimg::ms
