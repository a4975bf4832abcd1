#pragma once

#include <casacore/tables/Tables/Table.h>

#include <complex>
#include <cstdint>
#include <string>
#include <vector>

#include "core/nd_array.h"
#include "core/visibility_source.h"

namespace contimg::ms {

/// Turns the order of a block's channels round.
void reverse_channels(VisibilityBlock& block);

/// Consecutive rows of one spectral window of an observation, on their way from the main table.
class MsBlock {
 public:
  /// Reads rows in the order of the table and puts them where they belong; in the signs and orders of the MS.
  /// Touches casacore: call under its mutex.
  /// @param table_rows  one per row of the block, or kNoRow
  void read(const casacore::Table& table, const std::string& data_column, const std::uint32_t* table_rows,
            std::size_t n_rows, std::size_t n_channels, std::size_t n_pols);

  /// To our sign (docs/conventions.md section 2), channels ascending; FLAG_ROW and WEIGHT spread over channels, absent
  /// rows and visibilities that are not finite flagged.
  void normalize(bool descending);

  VisibilityBlock view(std::size_t first_row, std::size_t first_channel) {
    return {first_row, first_channel, visibilities_.view(), flags_.view(), weights_.view()};
  }

 private:
  enum class Weights : std::uint8_t { kSpectrum, kPerRow, kNone };

  void resize(std::size_t n_rows, std::size_t n_channels, std::size_t n_pols);

  NdArray<std::complex<float>, 3> visibilities_;
  NdArray<std::uint8_t, 3> flags_;
  NdArray<float, 3> weights_;
  std::vector<float> row_weights_;       ///< (rows, pols)
  std::vector<std::uint8_t> row_flags_;  ///< FLAG_ROW, or no row
  std::vector<Weights> weights_of_row_;
};

}  // namespace contimg::ms
