#include "ms/ms_validate.h"

#include <casacore/tables/Tables/ArrayColumn.h>
#include <casacore/tables/Tables/ScalarColumn.h>
#include <casacore/tables/Tables/TableRecord.h>

#include <algorithm>
#include <cmath>

#include "coordinates/apparent.h"
#include "coordinates/earth_rotation.h"
#include "coordinates/site.h"
#include "core/constants.h"
#include "core/error.h"
#include "ms/ms_table.h"
#include "ms/table_lock.h"

namespace contimg::ms {
namespace {

using casacore::Table;

[[noreturn]] void fail(const std::string& path, const std::string& message) {
  throw Error(code::kMeasurementSet, message + " in " + path, path);
}

std::string shown(double value) { return std::to_string(value); }

void check_columns(const Table& ms, const MsContents& contents, const std::string& path) {
  for (const char* column : {"DATA", "FLAG", "FLAG_ROW", "WEIGHT", "SIGMA", "TIME_CENTROID", "EXPOSURE", "SCAN_NUMBER",
                             "ARRAY_ID", "OBSERVATION_ID", "PROCESSOR_ID", "STATE_ID", "FEED1", "FEED2"})
    if (!ms.tableDesc().isColumn(column)) fail(path, std::string("Expected a column ") + column);
  for (const char* table : {"FEED", "FLAG_CMD", "HISTORY", "POINTING", "PROCESSOR", "STATE"})
    if (!ms.keywordSet().isDefined(table)) fail(path, std::string("Expected a subtable ") + table);
  const auto& first = contents.observation.spw_first_channel;
  for (std::size_t spw = 0; spw < first.size(); ++spw) {
    const std::size_t end = spw + 1 < first.size() ? first[spw + 1] : contents.observation.n_channels();
    const casacore::IPosition cell(2, static_cast<ssize_t>(contents.observation.n_pols()),
                                   static_cast<ssize_t>(end - first[spw]));
    for (const char* column : {"DATA", "FLAG", "WEIGHT_SPECTRUM"})
      for (std::size_t row : {contents.table_rows[spw].front(), contents.table_rows[spw].back()}) {
        if (row == kNoRow || !ms.tableDesc().isColumn(column)) continue;
        const casacore::TableColumn cells(ms, column);
        if (!cells.isDefined(row) || !cells.shape(row).isEqual(cell))
          fail(path, std::string("Expected ") + column + " of row " + std::to_string(row) + " to have the shape " +
                         cell.toString() + " that POLARIZATION and SPECTRAL_WINDOW say");
      }
  }
}

void check_observation_table(const Table& ms, const Observation& observation, const std::string& path) {
  const Table table = open_subtable(ms, "OBSERVATION");
  if (table.nrow() != 1) fail(path, "Expected one row in OBSERVATION but found " + std::to_string(table.nrow()));
  const auto range = casacore::ArrayColumn<double>(table, "TIME_RANGE")(0).tovector();
  const double begin = observation.time_mjd_s.front(), end = observation.time_mjd_s.back();
  if (range.size() != 2 || !(range[0] <= begin && end <= range[1]))
    fail(path, "Expected OBSERVATION TIME_RANGE to hold every TIME from " + shown(begin) + " to " + shown(end));
}

void check_years(const Observation& observation, const ValidationLimits& limits, const std::string& path) {
  const auto year = [](double mjd_s) { return 1858.877 + mjd_s / kSecondsPerDay / 365.2425; };
  const double begin = year(observation.time_mjd_s.front()), end = year(observation.time_mjd_s.back());
  if (!(begin >= limits.first_year && end < limits.last_year + 1))
    fail(path, "Expected times in the years " + std::to_string(limits.first_year) + " to " +
                   std::to_string(limits.last_year) + " but found " + shown(begin) + " to " + shown(end) +
                   ": TIME is MJD seconds. Give another range of years if this is right");
}

void check_directions_equal(const Table& ms, const std::string& path) {
  const Table fields = open_subtable(ms, "FIELD");
  const casacore::ArrayColumn<double> phase(fields, "PHASE_DIR");
  for (const char* name : {"REFERENCE_DIR", "DELAY_DIR"}) {
    const casacore::ArrayColumn<double> other(fields, name);
    for (casacore::rownr_t field = 0; field < fields.nrow(); ++field)
      if (phase(field).tovector() != other(field).tovector())
        fail(path, std::string("Expected ") + name + " to equal PHASE_DIR in field " + std::to_string(field));
  }
}

/// Fields that are fringe-stopped to one apparent direction follow the sky.
void check_field_centers(const MsContents& contents, const std::string& path) {
  const Observation& observation = contents.observation;
  if (contents.fields.size() != observation.time_mjd_s.size()) return;
  const auto& centers = observation.phase_center;
  const bool fixed = std::all_of(centers.begin(), centers.end(), [&](const Direction& center) {
    return center.ra_rad == centers[0].ra_rad && center.dec_rad == centers[0].dec_rad;
  });
  if (fixed) return;
  const auto apparent = [&](std::size_t t) {
    return apparent_itrf(observation.phase_center[t], observation.time_mjd_s[t], observation.site,
                         observation.earth_orientation);
  };
  const Vec3 first = apparent(0);
  for (std::size_t t = 1; t < observation.time_mjd_s.size(); ++t) {
    const double off_arcsec = norm(apparent(t) - first) / kArcsec;
    if (!(off_arcsec < 1))
      fail(path, "Expected field " + contents.fields[contents.field_of_time[t]].name +
                     " to follow the meridian at its TIME but it is " + shown(off_arcsec) + "\" off");
  }
}

void check_antennas(const Observation& observation, const std::string& path) {
  const Vec3 site = itrf_of_site(observation.site);
  constexpr double kArray_m = 50e3;
  for (std::uint32_t index : observation.antenna1) {
    const Antenna& antenna = observation.antennas[index];
    const double distance_m = norm(antenna.position_m - site);
    if (!(distance_m < kArray_m))
      fail(path,
           "Expected antenna " + antenna.name + " within 50 km of the site but it is " + shown(distance_m) + " m away");
  }
}

/// Columns of the whole main table.
struct RowCoordinates {
  casacore::Array<double> uvw;
  casacore::Vector<double> centroid;
};

/// UVW belongs to TIME_CENTROID.
void check_uvw(const MsContents& contents, const RowCoordinates& rows, double tolerance_m, const std::string& path) {
  const Observation& observation = contents.observation;
  std::vector<UvwFrame> frames;
  for (std::size_t t = 0; t < observation.time_mjd_s.size(); ++t)
    frames.push_back(uvw_frame(observation.phase_center[t], observation.time_mjd_s[t], observation.site,
                               observation.earth_orientation));
  for (const auto& table_rows : contents.table_rows)
    for (std::size_t row = 0; row < observation.n_rows(); ++row) {
      if (table_rows[row] == kNoRow) continue;
      const std::size_t table_row = table_rows[row], time = observation.time_index[row];
      const double* stored = rows.uvw.data() + 3 * table_row;
      const double offset_s = rows.centroid(table_row) - observation.time_mjd_s[time];
      const Antenna& a = observation.antennas[observation.antenna1[row]];
      const Antenna& b = observation.antennas[observation.antenna2[row]];
      const Vec3 baseline = b.position_m - a.position_m;
      const UvwFrame frame = offset_s == 0 ? frames[time] : later(frames[time], offset_s);
      const Vec3 expected = uvw_of_baseline(frame, baseline);
      const double off_m = norm(expected - Vec3{stored[0], stored[1], stored[2]});
      if (!(off_m <= tolerance_m))
        fail(path, "Expected UVW of row " + std::to_string(table_row) + " (" + a.name + "-" + b.name + ") to be (" +
                       shown(expected.x) + ", " + shown(expected.y) + ", " + shown(expected.z) + ") m but found (" +
                       shown(stored[0]) + ", " + shown(stored[1]) + ", " + shown(stored[2]) + ")");
      if (observation.antenna1[row] != observation.antenna2[row] && norm(baseline) == 0)
        fail(path, "Expected antennas " + a.name + " and " + b.name + " in two places");
    }
}

}  // namespace

void validate_ms(const std::string& path, const ValidationLimits& limits) {
  MsContents contents;
  RowCoordinates rows;
  with_casacore(path, [&] {
    const Table ms = open_main_table(path);
    contents = read_contents(ms, path, {});
    check_columns(ms, contents, path);
    check_observation_table(ms, contents.observation, path);
    check_directions_equal(ms, path);
    rows.uvw.reference(casacore::ArrayColumn<double>(ms, "UVW").getColumn());
    rows.centroid.reference(casacore::ScalarColumn<double>(ms, "TIME_CENTROID").getColumn());
  });
  check_years(contents.observation, limits, path);
  check_antennas(contents.observation, path);
  check_field_centers(contents, path);
  check_uvw(contents, rows, limits.uvw_tolerance_m, path);
}

}  // namespace contimg::ms
