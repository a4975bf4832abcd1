#pragma once

#include <casacore/casa/Arrays/Slicer.h>
#include <casacore/tables/Tables/ArrayColumn.h>

#include <cstddef>

namespace contimg::ms {

inline casacore::Slicer row_range(std::size_t first, std::size_t n) {
  return casacore::Slicer(casacore::IPosition(1, static_cast<ssize_t>(first)),
                          casacore::IPosition(1, static_cast<ssize_t>(n)));
}

/// casacore's axes run the other way: C order (rows, channels, pols) is its (pols, channels, rows). Nothing is copied.
template <typename T>
casacore::Array<T> shared_array(const T* data, const casacore::IPosition& shape) {
  return casacore::Array<T>(shape, const_cast<T*>(data), casacore::SHARE);
}
template <typename T>
casacore::Array<T> shared_array(const T* data, std::size_t n_pols, std::size_t n_channels, std::size_t n_rows) {
  return shared_array(data, casacore::IPosition(3, static_cast<ssize_t>(n_pols), static_cast<ssize_t>(n_channels),
                                                static_cast<ssize_t>(n_rows)));
}

/// Puts channels [first_channel, first_channel + values.shape()(1)) of consecutive rows, whose cells have
/// `n_channels_in_cell`. Call under the casacore mutex.
template <typename T>
void put_cells(casacore::ArrayColumn<T>& column, std::size_t first_row, std::size_t first_channel,
               std::size_t n_channels_in_cell, const casacore::Array<T>& values) {
  const casacore::IPosition part = values.shape().getFirst(2);
  const auto n_rows = static_cast<std::size_t>(values.shape()(2));
  if (!column.columnDesc().isFixedShape())
    for (std::size_t row = first_row; row < first_row + n_rows; ++row)
      if (!column.isDefined(row))
        column.setShape(row, casacore::IPosition(2, part(0), static_cast<ssize_t>(n_channels_in_cell)));
  const casacore::Slicer cell(casacore::IPosition(2, 0, static_cast<ssize_t>(first_channel)), part);
  column.putColumnRange(row_range(first_row, n_rows), cell, values);
}

}  // namespace contimg::ms
