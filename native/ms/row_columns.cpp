#include "ms/row_columns.h"

#include <casacore/casa/Arrays/Slicer.h>
#include <casacore/ms/MeasurementSets/MSMainColumns.h>

#include "ms/table_lock.h"

namespace contimg::ms {
namespace {

using casacore::IPosition;
using casacore::Slicer;
using casacore::Vector;

Slicer rows(std::size_t first, std::size_t n) {
  return Slicer(IPosition(1, static_cast<ssize_t>(first)), IPosition(1, static_cast<ssize_t>(n)));
}

/// Puts into an incremental column, whose values hold until the next, only where the integration changes.
template <typename Column, typename Value>
void put_changes(Column& column, std::size_t first_row, const WritePlan& plan, Value value) {
  const auto& time_index = plan.observation.time_index;
  for (std::size_t k = 0; k < plan.n_kept(); ++k) {
    const std::size_t time = time_index[plan.kept[k]];
    if (k == 0 || time != time_index[plan.kept[k - 1]]) column.put(first_row + k, value(time));
  }
}

}  // namespace

void write_row_columns(casacore::MeasurementSet& ms, const WritePlan& plan, const std::string& path) {
  const Observation& observation = plan.observation;
  const std::size_t n = plan.n_kept();
  Vector<int> antenna1(n), antenna2(n);
  casacore::Matrix<double> uvw(3, n);
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t row = plan.kept[k];
    antenna1(k) = static_cast<int>(observation.antenna1[row]);
    antenna2(k) = static_cast<int>(observation.antenna2[row]);
    const Vec3& coordinates = plan.rephasing.uvw_m[row];
    uvw(0, k) = coordinates.x;
    uvw(1, k) = coordinates.y;
    uvw(2, k) = coordinates.z;
  }
  with_casacore(path, [&] {
    casacore::MSMainColumns columns(ms);
    for (auto* column : {&columns.feed1(), &columns.feed2(), &columns.processorId(), &columns.observationId(),
                         &columns.arrayId(), &columns.stateId()})
      column->put(0, 0);
    columns.scanNumber().put(0, 1);
    const auto time = [&](std::size_t t) { return observation.time_mjd_s[t]; };
    const auto interval = [&](std::size_t t) { return observation.integration_s[t]; };
    const auto field = [&](std::size_t t) { return static_cast<int>(plan.field_of_time[t]); };
    for (std::size_t spw = 0; spw < observation.spw_first_channel.size(); ++spw) {
      const std::size_t first = spw * n;
      columns.dataDescId().put(first, static_cast<int>(spw));
      put_changes(columns.time(), first, plan, time);
      put_changes(columns.timeCentroid(), first, plan, time);
      put_changes(columns.interval(), first, plan, interval);
      put_changes(columns.exposure(), first, plan, interval);
      put_changes(columns.fieldId(), first, plan, field);
      columns.antenna1().putColumnRange(rows(first, n), antenna1);
      columns.antenna2().putColumnRange(rows(first, n), antenna2);
      columns.uvw().putColumnRange(rows(first, n), uvw);
    }
  });
}

}  // namespace contimg::ms
