#include "ms/ms_source.h"

#include <casacore/casa/Arrays/Slicer.h>
#include <casacore/tables/Tables/ArrayColumn.h>
#include <casacore/tables/Tables/ScalarColumn.h>

#include <algorithm>

#include "core/error.h"
#include "core/nd_array.h"
#include "ms/table_lock.h"

namespace contimg::ms {
namespace {

using casacore::IPosition;
using casacore::Slicer;

/// Bytes of visibilities per block: large against a tile, small against memory.
constexpr std::size_t kBlockBytes = 16 << 20;

/// Consecutive rows of the main table that stand for consecutive rows of the observation.
struct Run {
  std::size_t offset, table_row, n;
};

std::vector<Run> runs(const std::uint32_t* table_rows, std::size_t n) {
  std::vector<Run> result;
  for (std::size_t k = 0; k < n; ++k) {
    if (k > 0 && table_rows[k] == table_rows[k - 1] + 1)
      ++result.back().n;
    else
      result.push_back({k, table_rows[k], 1});
  }
  return result;
}

Slicer slicer(const Run& run) {
  return Slicer(IPosition(1, static_cast<ssize_t>(run.table_row)), IPosition(1, static_cast<ssize_t>(run.n)));
}

/// Reads the rows of a run into `to`, which has room for cells of the shape `cell`.
template <typename T, typename Stored = T>
void read_run(const casacore::Table& table, const char* column, const Run& run, const IPosition& cell, Stored* to) {
  static_assert(sizeof(T) == sizeof(Stored), "read in place");
  casacore::Array<T> values(cell.concatenate(IPosition(1, static_cast<ssize_t>(run.n))), reinterpret_cast<T*>(to),
                            casacore::SHARE);
  casacore::ArrayColumn<T>(table, column).getColumnRange(slicer(run), values);
}

}  // namespace

/// Room for one block, and its WEIGHT and FLAG_ROW.
struct MsSource::Block {
  NdArray<std::complex<float>, 3> visibilities;
  NdArray<std::uint8_t, 3> flags;
  NdArray<float, 3> weights;
  std::vector<float> row_weights;
  std::vector<std::uint8_t> row_flags;

  Block(std::size_t n_rows, std::size_t n_channels, std::size_t n_pols)
      : visibilities(NdArray<std::complex<float>, 3>::uninitialized({n_rows, n_channels, n_pols})),
        flags(NdArray<std::uint8_t, 3>::uninitialized({n_rows, n_channels, n_pols})),
        weights(NdArray<float, 3>::uninitialized({n_rows, n_channels, n_pols})),
        row_weights(n_rows * n_pols),
        row_flags(n_rows) {}

  /// To our sign (docs/conventions.md section 2); spreads FLAG_ROW, and WEIGHT where there is no WEIGHT_SPECTRUM.
  void from_ms_conventions(bool has_weight_spectrum) {
    for (std::complex<float>& visibility : visibilities) visibility = std::conj(visibility);
    const std::size_t n_pols = flags.shape(2), per_row = flags.shape(1) * n_pols;
    for (std::size_t row = 0; row < flags.shape(0); ++row) {
      if (row_flags[row]) std::fill_n(flags.data() + row * per_row, per_row, std::uint8_t{1});
      if (has_weight_spectrum) continue;
      for (std::size_t i = 0; i < per_row; ++i)
        weights.data()[row * per_row + i] = row_weights[row * n_pols + i % n_pols];
    }
  }
};

MsSource::MsSource(std::string path, const EarthOrientation& orientation, std::string data_column,
                   const Selection& selection)
    : path_(std::move(path)), data_column_(std::move(data_column)) {
  with_casacore(path_, [&] {
    const casacore::Table table = open_main_table(path_);
    for (const char* column : {data_column_.c_str(), "FLAG", "FLAG_ROW", "WEIGHT"})
      if (!table.tableDesc().isColumn(column))
        throw Error(code::kMeasurementSet,
                    std::string("Expected a column ") + column + " but there is none in " + path_, path_);
    contents_ = read_contents(table, path_, orientation);
    has_weight_spectrum_ =
        table.tableDesc().isColumn("WEIGHT_SPECTRUM") && casacore::TableColumn(table, "WEIGHT_SPECTRUM").isDefined(0);
    table_.reset(new casacore::Table(table));
  });
  narrow(contents_, selection);
}

void MsSource::Close::operator()(casacore::Table* table) const {
  const std::lock_guard<std::mutex> lock(casacore_mutex());
  delete table;
}

void MsSource::read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) {
  const auto& first_channel = observation().spw_first_channel;
  const std::size_t n_rows = observation().n_rows(), n_pols = observation().n_pols(), n_spws = first_channel.size();
  for (std::size_t spw = 0; spw < n_spws; ++spw) {
    const std::size_t end = spw + 1 < n_spws ? first_channel[spw + 1] : observation().n_channels();
    const std::size_t n_channels = end - first_channel[spw];
    const std::size_t at_once = std::max<std::size_t>(1, kBlockBytes / (8 * n_channels * n_pols));
    for (std::size_t row = 0; row < n_rows; row += at_once) {
      context.checkpoint((static_cast<double>(spw) + static_cast<double>(row) / static_cast<double>(n_rows)) /
                         static_cast<double>(n_spws));
      Block block(std::min(at_once, n_rows - row), n_channels, n_pols);
      read_block(spw, row, block);
      block.from_ms_conventions(has_weight_spectrum_);
      VisibilityBlock view{row, first_channel[spw], block.visibilities.view(), block.flags.view(),
                           block.weights.view()};
      consume(view);
    }
  }
  context.checkpoint(1);
}

void MsSource::read_block(std::size_t spw, std::size_t first_row, Block& block) {
  const std::size_t n_rows = block.visibilities.shape(0), n_pols = block.visibilities.shape(2);
  const std::size_t per_row = block.visibilities.shape(1) * n_pols;
  const IPosition cell(2, static_cast<ssize_t>(n_pols), static_cast<ssize_t>(block.visibilities.shape(1)));
  static_assert(sizeof(bool) == 1, "flags are read in place as 0 or 1");
  with_casacore(path_, [&] {
    for (const Run& run : runs(contents_.table_rows[spw].data() + first_row, n_rows)) {
      const std::size_t at = run.offset * per_row;
      read_run<casacore::Complex>(*table_, data_column_.c_str(), run, cell, block.visibilities.data() + at);
      read_run<bool>(*table_, "FLAG", run, cell, block.flags.data() + at);
      if (has_weight_spectrum_)
        read_run<float>(*table_, "WEIGHT_SPECTRUM", run, cell, block.weights.data() + at);
      else
        read_run<float>(*table_, "WEIGHT", run, cell.getFirst(1), block.row_weights.data() + run.offset * n_pols);
      casacore::Vector<bool> row_flags(IPosition(1, static_cast<ssize_t>(run.n)),
                                       reinterpret_cast<bool*>(block.row_flags.data() + run.offset), casacore::SHARE);
      casacore::ScalarColumn<bool>(*table_, "FLAG_ROW").getColumnRange(slicer(run), row_flags);
    }
  });
}

}  // namespace contimg::ms
