#include "ms/ms_source.h"

#include <algorithm>

#include "core/error.h"
#include "core/read_ahead.h"
#include "ms/ms_block.h"
#include "ms/table_lock.h"

namespace contimg::ms {
namespace {

/// Bytes of visibilities per block: large against a tile, small against memory.
constexpr std::size_t kBlockBytes = 16 << 20;

/// What is read at a time.
struct Part {
  std::size_t window, first_row, n_rows, first_channel, n_channels;
};

std::vector<Part> parts_of(const Observation& observation, RowRange rows) {
  const auto& first_channel = observation.spw_first_channel;
  const std::size_t n_windows = first_channel.size();
  std::vector<Part> parts;
  for (std::size_t window = 0; window < n_windows; ++window) {
    const std::size_t end = window + 1 < n_windows ? first_channel[window + 1] : observation.n_channels();
    const std::size_t n_channels = end - first_channel[window];
    const std::size_t at_once =
        std::max<std::size_t>(1, kBlockBytes / (sizeof(std::complex<float>) * n_channels * observation.n_pols()));
    for (std::size_t row = rows.first; row < rows.end(); row += at_once)
      parts.push_back({window, row, std::min(at_once, rows.end() - row), first_channel[window], n_channels});
  }
  return parts;
}

}  // namespace

MsSource::MsSource(std::string path, const EarthOrientation& orientation, std::string data_column,
                   const Selection& selection)
    : path_(std::move(path)), data_column_(std::move(data_column)) {
  with_casacore(path_, [&] {
    const casacore::Table table = open_main_table(path_);
    for (const char* column : {data_column_.c_str(), "FLAG", "FLAG_ROW"})
      if (!table.tableDesc().isColumn(column))
        refuse(path_, std::string("Expected a column ") + column + " but there is none");
    contents_ = read_contents(table, path_, orientation, selection.choice);
    table_.reset(new casacore::Table(table));
  });
  narrow(contents_, selection);
}

void MsSource::Close::operator()(casacore::Table* table) const {
  const std::lock_guard<std::mutex> lock(casacore_mutex());
  delete table;
}

void MsSource::read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) {
  read_rows({0, observation().n_rows()}, consume, context);
}

void MsSource::read_rows(RowRange rows, const std::function<void(VisibilityBlock&)>& consume,
                         const JobContext& context) {
  const std::vector<Part> parts = parts_of(observation(), rows);
  read_ahead<MsBlock>(
      parts.size(),
      [&](std::size_t index, MsBlock& block) {
        const Part& part = parts[index];
        context.checkpoint();
        with_casacore(path_, [&] {
          block.read(*table_, data_column_, contents_.table_rows[part.window].data() + part.first_row, part.n_rows,
                     part.n_channels, observation().n_pols());
        });
        block.normalize(contents_.descending[part.window]);
      },
      [&](std::size_t index, MsBlock& block) {
        context.checkpoint(static_cast<double>(index) / static_cast<double>(parts.size()));
        VisibilityBlock view = block.view(parts[index].first_row, parts[index].first_channel);
        consume(view);
      });
  context.checkpoint(1);
}

}  // namespace contimg::ms
