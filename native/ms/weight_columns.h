#pragma once

#include <casacore/ms/MeasurementSets/MeasurementSet.h>
#include <casacore/tables/Tables/ArrayColumn.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ms/write_plan.h"

namespace contimg::ms {

/// Consecutive rows of the main table, some channels of their spectral window, in C order (rows, channels, pols).
struct TablePatch {
  std::size_t first_row, n_rows;
  std::size_t first_channel, n_channels;
  std::size_t n_channels_in_window;
  const std::uint8_t* flags;
  const float* weights;
  bool any_flag;       ///< one of the flags is set
  bool weights_alike;  ///< in each row and polarization all channels have the same weight
};

/// WEIGHT, SIGMA, FLAG_ROW and, where it says more than WEIGHT does, WEIGHT_SPECTRUM.
///
/// The correlator's weights are the same in every channel of a row. As long as that holds, WEIGHT is enough, and a
/// third of the bytes need not be written; the first patch that differs brings WEIGHT_SPECTRUM in, which is then filled
/// for the rows before it.
class WeightColumns {
 public:
  WeightColumns(casacore::MeasurementSet& ms, const WritePlan& plan, std::string path);

  void write(const TablePatch& patch);
  /// WEIGHT, SIGMA, FLAG_ROW.
  void finish();

 private:
  bool note_first(const TablePatch& patch);
  void sum(const TablePatch& patch);
  void bring_spectrum_in();
  void fill_spectrum(std::size_t spw, std::size_t first_row, std::size_t n_rows);

  casacore::MeasurementSet& ms_;
  const WritePlan& plan_;
  std::string path_;
  std::size_t n_rows_, n_pols_;
  casacore::ArrayColumn<float> spectrum_;  ///< null while there is none
  /// Per row of the MS and polarization: the weight of the first channel that came, NaN before.
  std::vector<float> first_;
  /// Per row and polarization: sum and number of the weights that are not flagged.
  std::vector<double> sum_;
  std::vector<std::uint32_t> count_;
};

}  // namespace contimg::ms
