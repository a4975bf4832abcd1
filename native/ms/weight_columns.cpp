#include "ms/weight_columns.h"

#include <casacore/tables/Tables/ScalarColumn.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ms/column_access.h"
#include "ms/ms_create.h"
#include "ms/table_lock.h"

namespace contimg::ms {

using casacore::IPosition;

WeightColumns::WeightColumns(casacore::MeasurementSet& ms, const WritePlan& plan, std::string path)
    : ms_(ms),
      plan_(plan),
      path_(std::move(path)),
      n_rows_(plan.n_table_rows()),
      n_pols_(plan.observation.n_pols()),
      first_(n_rows_ * n_pols_, std::numeric_limits<float>::quiet_NaN()),
      sum_(first_.size()),
      count_(first_.size()) {
  if (plan.always_weight_spectrum) bring_spectrum_in();
}

void WeightColumns::write(const TablePatch& patch) {
  const bool as_noted = note_first(patch);
  sum(patch);
  if (spectrum_.isNull() && !(as_noted && patch.weights_alike)) bring_spectrum_in();
  if (spectrum_.isNull()) return;
  with_casacore(path_, [&] {
    put_cells(spectrum_, patch.first_row, patch.first_channel, patch.n_channels_in_window,
              shared_array(patch.weights, n_pols_, patch.n_channels, patch.n_rows));
  });
}

/// Notes the first weight of rows that had none; false when another row's first weight differs from what it has now.
bool WeightColumns::note_first(const TablePatch& patch) {
  bool same = true;
  for (std::size_t row = 0; row < patch.n_rows; ++row)
    for (std::size_t pol = 0; pol < n_pols_; ++pol) {
      float& first = first_[(patch.first_row + row) * n_pols_ + pol];
      const float weight = patch.weights[row * patch.n_channels * n_pols_ + pol];
      if (std::isnan(first)) first = weight;
      same = same && first == weight;
    }
  return same;
}

void WeightColumns::sum(const TablePatch& patch) {
  for (std::size_t row = 0; row < patch.n_rows; ++row) {
    const std::size_t at = row * patch.n_channels * n_pols_, cell = (patch.first_row + row) * n_pols_;
    if (patch.weights_alike && !patch.any_flag) {
      for (std::size_t pol = 0; pol < n_pols_; ++pol) {
        sum_[cell + pol] += static_cast<double>(patch.n_channels) * patch.weights[at + pol];
        count_[cell + pol] += static_cast<std::uint32_t>(patch.n_channels);
      }
      continue;
    }
    for (std::size_t i = 0; i < patch.n_channels * n_pols_; ++i) {
      if (patch.flags[at + i]) continue;
      sum_[cell + i % n_pols_] += patch.weights[at + i];
      ++count_[cell + i % n_pols_];
    }
  }
}

void WeightColumns::bring_spectrum_in() {
  with_casacore(path_, [&] { spectrum_.reference(add_weight_spectrum(ms_, plan_)); });
  constexpr std::size_t kAtOnce = 1024;  // rows: about a tile
  const std::size_t n_kept = plan_.n_kept();
  for (std::size_t spw = 0; spw < plan_.n_windows(); ++spw)
    for (std::size_t row = 0; row < n_kept; row += kAtOnce)
      fill_spectrum(spw, spw * n_kept + row, std::min(kAtOnce, n_kept - row));
}

/// Fills all channels of the rows that came before; those that are still to come get 0 where they lie among them.
void WeightColumns::fill_spectrum(std::size_t spw, std::size_t first_row, std::size_t n_rows) {
  const float* noted = first_.data() + first_row * n_pols_;
  if (std::all_of(noted, noted + n_rows * n_pols_, [](float weight) { return std::isnan(weight); })) return;
  const std::size_t n_channels = plan_.n_channels_of(spw);
  std::vector<float> weights;
  weights.reserve(n_rows * n_channels * n_pols_);
  for (std::size_t row = 0; row < n_rows; ++row)
    for (std::size_t channel = 0; channel < n_channels; ++channel)
      for (std::size_t pol = 0; pol < n_pols_; ++pol) {
        const float weight = noted[row * n_pols_ + pol];
        weights.push_back(std::isnan(weight) ? 0 : weight);
      }
  with_casacore(path_, [&] {
    put_cells(spectrum_, first_row, 0, n_channels, shared_array(weights.data(), n_pols_, n_channels, n_rows));
  });
}

void WeightColumns::finish() {
  std::vector<float> weight(first_.size()), sigma(first_.size());
  casacore::Vector<bool> flag_row(n_rows_);
  for (std::size_t row = 0; row < n_rows_; ++row) {
    bool flagged = true;
    for (std::size_t i = row * n_pols_; i < (row + 1) * n_pols_; ++i) {
      flagged = flagged && count_[i] == 0;
      weight[i] = count_[i] > 0 ? static_cast<float>(sum_[i] / count_[i]) : std::isnan(first_[i]) ? 0 : first_[i];
      if (weight[i] > 0) sigma[i] = 1 / std::sqrt(weight[i]);
    }
    flag_row(row) = flagged;
  }
  const IPosition shape(2, static_cast<ssize_t>(n_pols_), static_cast<ssize_t>(n_rows_));
  with_casacore(path_, [&] {
    casacore::ArrayColumn<float>(ms_, "WEIGHT").putColumn(shared_array(weight.data(), shape));
    casacore::ArrayColumn<float>(ms_, "SIGMA").putColumn(shared_array(sigma.data(), shape));
    casacore::ScalarColumn<bool>(ms_, "FLAG_ROW").putColumn(flag_row);
  });
}

}  // namespace contimg::ms
