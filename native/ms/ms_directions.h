#pragma once

#include <casacore/measures/Measures/MDirection.h>
#include <casacore/tables/Tables/ArrayColumn.h>
#include <casacore/tables/Tables/Table.h>

#include <cstddef>
#include <string>
#include <vector>

#include "core/observation.h"

namespace contimg::ms {

/// A column of directions, in one frame for all rows or in one per row, constant or a polynomial in time, as ICRS.
class DirectionColumn {
 public:
  /// @throws Error{MEASUREMENT_SET} where a frame is not said
  DirectionColumn(const casacore::Table& table, const char* column, const std::string& path);

  /// The direction of a row, `seconds` after the reference time of the row. Constant ICRS cells come back to the bit.
  /// @throws Error{MEASUREMENT_SET} for a frame that is not fixed to the sky, or a cell that does not hold two angles
  Direction at(std::size_t row, double seconds = 0) const;

  /// Whether the frame of a row depends on neither time nor place.
  bool fixed_to_sky(std::size_t row) const;

 private:
  casacore::MDirection::Types frame_of_row(std::size_t row) const { return frames_.empty() ? frame_ : frames_[row]; }
  void read_variable_frames(const casacore::Table& table, const casacore::TableRecord& measure);

  std::string name_, path_;
  casacore::ArrayColumn<double> cells_;
  casacore::MDirection::Types frame_ = casacore::MDirection::ICRS;
  std::vector<casacore::MDirection::Types> frames_;  ///< per row, where they differ
};

/// Where the dishes look, per integration: the POINTING row of an antenna in use whose interval holds its time, or the
/// phase center where there is none or it is not fixed to the sky (azimuth and elevation).
void read_pointing(const casacore::Table& ms, const std::string& path, Observation& observation);

}  // namespace contimg::ms
