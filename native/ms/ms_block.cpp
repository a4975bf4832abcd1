#include "ms/ms_block.h"

#include <casacore/casa/Arrays/Slicer.h>
#include <casacore/tables/Tables/ArrayColumn.h>
#include <casacore/tables/Tables/ScalarColumn.h>

#include <algorithm>
#include <array>

#include "core/normalize.h"
#include "ms/companion_columns.h"
#include "ms/ms_rows.h"

namespace contimg::ms {
namespace {

using casacore::IPosition;
using casacore::Table;

/// Consecutive rows of the main table.
struct Run {
  std::size_t first, n;         ///< main-table rows
  const std::uint32_t* places;  ///< for each of them, the row of the block
  bool in_order;                ///< the places are consecutive too

  casacore::Slicer slicer() const {
    return casacore::Slicer(IPosition(1, static_cast<ssize_t>(first)), IPosition(1, static_cast<ssize_t>(n)));
  }
};

/// @param places  rows of the block that exist, ascending in their main-table rows
/// @param same_kind  (place, place): whether they may be read together
template <typename SameKind>
std::vector<Run> runs(const std::uint32_t* table_rows, const std::vector<std::uint32_t>& places,
                      const SameKind& same_kind) {
  std::vector<Run> result;
  for (std::size_t k = 0; k < places.size(); ++k) {
    if (k > 0 && table_rows[places[k]] == table_rows[places[k - 1]] + 1 && same_kind(places[k], places[k - 1])) {
      ++result.back().n;
      result.back().in_order &= places[k] == places[k - 1] + 1;
    } else {
      result.push_back({table_rows[places[k]], 1, &places[k], true});
    }
  }
  return result;
}

/// Reads the cells of a run to where they belong in `to`, which holds `per_row` values for every row of the block.
template <typename T, typename Stored, typename Column>
void read_cells(const Column& column, const Run& run, const IPosition& cell, std::size_t per_row, Stored* to) {
  static_assert(sizeof(T) == sizeof(Stored), "read in place");
  std::vector<Stored> elsewhere(run.in_order ? 0 : run.n * per_row);
  Stored* values = run.in_order ? to + run.places[0] * per_row : elsewhere.data();
  casacore::Array<T> array(cell.concatenate(IPosition(1, static_cast<ssize_t>(run.n))), reinterpret_cast<T*>(values),
                           casacore::SHARE);
  column.getColumnRange(run.slicer(), array);
  if (run.in_order) return;
  for (std::size_t k = 0; k < run.n; ++k) std::copy_n(values + k * per_row, per_row, to + run.places[k] * per_row);
}

/// Whether the column has a cell of this shape in a row.
bool holds(const casacore::ArrayColumn<float>& column, std::size_t row, const IPosition& cell) {
  return !column.isNull() && column.isDefined(row) && column.shape(row).isEqual(cell);
}

template <typename T>
void reverse_channels(NdView<T, 3> values) {
  const std::size_t n_channels = values.shape(1), n_pols = values.shape(2);
  for (std::size_t row = 0; row < values.shape(0); ++row)
    for (std::size_t low = 0, high = n_channels; low + 1 < high; ++low)
      std::swap_ranges(&values(row, low, 0), &values(row, low, 0) + n_pols, &values(row, --high, 0));
}

/// Adds flags that were set after CORRECTED_DATA had been written: where that had a weight.
void add_flags_since(const Table& table, const Run& run, const IPosition& cell, std::size_t per_row,
                     std::uint8_t* flags) {
  const casacore::Array<bool> now = casacore::ArrayColumn<bool>(table, "FLAG").getColumnRange(run.slicer());
  const casacore::Array<float> weights =
      casacore::ArrayColumn<float>(table, "WEIGHT_SPECTRUM").getColumnRange(run.slicer());
  if (!now.shape().getFirst(2).isEqual(cell) || !weights.shape().isEqual(now.shape())) return;
  for (std::size_t k = 0; k < run.n; ++k)
    for (std::size_t i = 0; i < per_row; ++i)
      flags[run.places[k] * per_row + i] |= now.data()[k * per_row + i] && weights.data()[k * per_row + i] > 0;
}

casacore::ArrayColumn<float> optional_column(const Table& table, const std::string& name) {
  return table.tableDesc().isColumn(name) ? casacore::ArrayColumn<float>(table, name) : casacore::ArrayColumn<float>();
}

}  // namespace

void reverse_channels(VisibilityBlock& block) {
  reverse_channels(block.visibilities);
  reverse_channels(block.flags);
  reverse_channels(block.weights);
}

void MsBlock::resize(std::size_t n_rows, std::size_t n_channels, std::size_t n_pols) {
  const std::array<std::size_t, 3> shape{n_rows, n_channels, n_pols};
  if (visibilities_.shape() != shape) {
    visibilities_ = NdArray<std::complex<float>, 3>::uninitialized(shape);
    flags_ = NdArray<std::uint8_t, 3>::uninitialized(shape);
    weights_ = NdArray<float, 3>::uninitialized(shape);
  }
  row_weights_.resize(n_rows * n_pols);
  row_flags_.assign(n_rows, 1);
  weights_of_row_.assign(n_rows, Weights::kNone);
}

void MsBlock::read(const Table& table, const std::string& data_column, const std::uint32_t* table_rows,
                   std::size_t n_rows, std::size_t n_channels, std::size_t n_pols) {
  static_assert(sizeof(bool) == 1, "flags are read in place as 0 or 1");
  resize(n_rows, n_channels, n_pols);
  std::vector<std::uint32_t> places;
  for (std::uint32_t row = 0; row < n_rows; ++row) {
    if (table_rows[row] != kNoRow)
      places.push_back(row);
    else
      std::fill_n(&visibilities_(row, 0, 0), n_channels * n_pols, std::complex<float>(0));
  }
  const auto earlier = [&](auto a, auto b) { return table_rows[a] < table_rows[b]; };
  if (!std::is_sorted(places.begin(), places.end(), earlier)) std::sort(places.begin(), places.end(), earlier);

  const CompanionColumns names = companions_of(table, data_column);
  const casacore::ArrayColumn<casacore::Complex> data(table, data_column);
  const casacore::ArrayColumn<bool> flag(table, names.flag);
  const casacore::ScalarColumn<bool> flag_row(table, "FLAG_ROW");
  const auto weight_spectrum = optional_column(table, names.weight_spectrum),
             weight = optional_column(table, names.weight);
  const IPosition cell(2, static_cast<ssize_t>(n_pols), static_cast<ssize_t>(n_channels));
  const std::size_t per_row = n_channels * n_pols;
  for (const std::uint32_t place : places) {
    if (holds(weight_spectrum, table_rows[place], cell))
      weights_of_row_[place] = Weights::kSpectrum;
    else if (holds(weight, table_rows[place], cell.getFirst(1)))
      weights_of_row_[place] = Weights::kPerRow;
  }
  const auto alike = [&](auto a, auto b) { return weights_of_row_[a] == weights_of_row_[b]; };
  for (const Run& run : runs(table_rows, places, alike)) {
    read_cells<casacore::Complex>(data, run, cell, per_row, visibilities_.data());
    read_cells<bool>(flag, run, cell, per_row, flags_.data());
    if (names.flagged_since) add_flags_since(table, run, cell, per_row, flags_.data());
    const casacore::Vector<bool> rows = flag_row.getColumnRange(run.slicer());
    for (std::size_t k = 0; k < run.n; ++k) row_flags_[run.places[k]] = rows(k);
    const Weights weights = weights_of_row_[run.places[0]];
    if (weights == Weights::kSpectrum) read_cells<float>(weight_spectrum, run, cell, per_row, weights_.data());
    if (weights == Weights::kPerRow) read_cells<float>(weight, run, cell.getFirst(1), n_pols, row_weights_.data());
  }
}

void MsBlock::normalize(bool descending) {
  const std::size_t n_pols = flags_.shape(2), per_row = flags_.shape(1) * n_pols;
  for (std::size_t row = 0; row < flags_.shape(0); ++row) {
    if (row_flags_[row]) std::fill_n(&flags_(row, 0, 0), per_row, std::uint8_t{1});
    float* weight = &weights_(row, 0, 0);
    if (weights_of_row_[row] == Weights::kNone) std::fill_n(weight, per_row, 1.0f);
    if (weights_of_row_[row] == Weights::kPerRow)
      for (std::size_t i = 0; i < per_row; ++i) weight[i] = row_weights_[row * n_pols + i % n_pols];
  }
  contimg::normalize(visibilities_.data(), flags_.data(), weights_.data(), flags_.size());
  if (!descending) return;
  VisibilityBlock block = view(0, 0);
  reverse_channels(block);
}

}  // namespace contimg::ms
