#include "ms/row_columns.h"

#include <casacore/ms/MeasurementSets/MSMainColumns.h>

#include "coordinates/earth_rotation.h"
#include "ms/column_access.h"
#include "ms/table_lock.h"

namespace contimg::ms {
namespace {

using casacore::Vector;

/// Puts into an incremental column, whose values hold until the next, only where the integration changes.
template <typename Column, typename Value>
void put_changes(Column& column, std::size_t first_row, const WritePlan& plan, Value value) {
  const auto& time_index = plan.observation.time_index;
  for (std::size_t k = 0; k < plan.n_kept(); ++k) {
    const std::size_t time = time_index[plan.kept[k]];
    if (k == 0 || time != time_index[plan.kept[k - 1]]) column.put(first_row + k, value(time));
  }
}

void put_coordinates(casacore::Matrix<double>& uvw, std::size_t row, const Vec3& coordinates) {
  uvw(0, row) = coordinates.x;
  uvw(1, row) = coordinates.y;
  uvw(2, row) = coordinates.z;
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
    put_coordinates(uvw, k, plan.rephasing.uvw_m[row]);
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
      put_changes(columns.interval(), first, plan, interval);
      put_changes(columns.fieldId(), first, plan, field);
      columns.antenna1().putColumnRange(row_range(first, n), antenna1);
      columns.antenna2().putColumnRange(row_range(first, n), antenna2);
      if (plan.averaged) continue;
      put_changes(columns.timeCentroid(), first, plan, time);
      put_changes(columns.exposure(), first, plan, interval);
      columns.uvw().putColumnRange(row_range(first, n), uvw);
    }
  });
}

void write_averaged_row_columns(casacore::MeasurementSet& ms, const WritePlan& plan,
                                const std::vector<AveragedSource::RowTimes>& times, const std::string& path) {
  const Observation& observation = plan.observation;
  const std::size_t n = plan.n_kept();
  std::vector<UvwFrame> frames;
  for (std::size_t t = 0; t < observation.time_mjd_s.size(); ++t)
    frames.push_back(uvw_frame(observation.phase_center[t], observation.time_mjd_s[t], observation.site,
                               observation.earth_orientation));
  Vector<double> centroid(n), exposure(n);
  casacore::Matrix<double> uvw(3, n);
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t row = plan.kept[k], time = observation.time_index[row];
    const double offset_s = times[row].centroid_offset_s;
    centroid(k) = observation.time_mjd_s[time] + offset_s;
    exposure(k) = times[row].exposure_s;
    const Vec3 baseline = observation.antennas[observation.antenna2[row]].position_m -
                          observation.antennas[observation.antenna1[row]].position_m;
    put_coordinates(uvw, k, uvw_of_baseline(later(frames[time], offset_s), baseline));
  }
  with_casacore(path, [&] {
    casacore::MSMainColumns columns(ms);
    for (std::size_t spw = 0; spw < plan.n_windows(); ++spw) {
      const auto rows = row_range(spw * n, n);
      columns.timeCentroid().putColumnRange(rows, centroid);
      columns.exposure().putColumnRange(rows, exposure);
      columns.uvw().putColumnRange(rows, uvw);
    }
  });
}

}  // namespace contimg::ms
