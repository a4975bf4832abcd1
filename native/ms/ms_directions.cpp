#include "ms/ms_directions.h"

#include <casacore/measures/Measures/MCDirection.h>
#include <casacore/measures/Measures/MeasConvert.h>
#include <casacore/tables/Tables/ScalarColumn.h>
#include <casacore/tables/Tables/TableRecord.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "ms/ms_table.h"

namespace contimg::ms {
namespace {

using casacore::MDirection;
using casacore::Table;

Direction to_icrs(MDirection::Types frame, double longitude, double latitude) {
  if (frame == MDirection::ICRS) return {longitude, latitude};
  MDirection::Convert convert{MDirection::Ref(frame), MDirection::Ref(MDirection::ICRS)};
  const casacore::MVDirection icrs = convert(casacore::MVDirection(longitude, latitude)).getValue();
  return {icrs.getLong(), icrs.getLat()};
}

}  // namespace

DirectionColumn::DirectionColumn(const Table& table, const char* column, const std::string& path)
    : name_(column), path_(path), cells_(table, column) {
  const casacore::TableRecord& keywords = cells_.keywordSet();
  if (!keywords.isDefined("MEASINFO")) refuse(path, "Expected a reference frame for the directions of " + name_);
  const casacore::TableRecord& measure = keywords.asRecord("MEASINFO");
  if (measure.isDefined("VarRefCol")) {
    read_variable_frames(table, measure);
  } else {
    const std::string frame = measure.isDefined("Ref") ? measure.asString("Ref") : "nothing";
    if (!MDirection::getType(frame_, frame))
      refuse(path, "Expected a direction frame for " + name_ + " but found " + frame);
  }
}

/// The frame of each row is a name, or a code that MEASINFO explains.
void DirectionColumn::read_variable_frames(const Table& table, const casacore::TableRecord& measure) {
  const std::string column = measure.asString("VarRefCol");
  std::vector<std::string> names(table.nrow());
  if (casacore::TableColumn(table, column).columnDesc().dataType() == casacore::TpString) {
    const auto values = casacore::ScalarColumn<casacore::String>(table, column).getColumn();
    std::copy(values.begin(), values.end(), names.begin());
  } else {
    std::map<int, std::string> name_of;
    if (measure.isDefined("TabRefCodes") && measure.isDefined("TabRefTypes")) {
      const auto codes = measure.toArrayuInt("TabRefCodes").tovector();
      const auto types = measure.asArrayString("TabRefTypes").tovector();
      for (std::size_t i = 0; i < std::min(codes.size(), types.size()); ++i)
        name_of[static_cast<int>(codes[i])] = types[i];
    }
    const auto codes = casacore::ScalarColumn<int>(table, column).getColumn();
    for (std::size_t row = 0; row < names.size(); ++row)
      names[row] = name_of.count(codes(row))
                       ? name_of[codes(row)]
                       : std::string(MDirection::showType(static_cast<casacore::uInt>(codes(row))));
  }
  for (const std::string& name : names) {
    frames_.emplace_back();
    if (!MDirection::getType(frames_.back(), name))
      refuse(path_, "Expected direction frames in " + column + " but found " + name);
  }
}

bool DirectionColumn::fixed_to_sky(std::size_t row) const {
  for (const auto frame : {MDirection::ICRS, MDirection::J2000, MDirection::B1950, MDirection::GALACTIC,
                           MDirection::SUPERGAL, MDirection::ECLIPTIC})
    if (frame_of_row(row) == frame) return true;
  return false;
}

Direction DirectionColumn::at(std::size_t row, double seconds) const {
  const MDirection::Types frame = frame_of_row(row);
  if (!fixed_to_sky(row))
    refuse(path_, "Expected " + name_ + " of row " + std::to_string(row) +
                      " in a frame fixed to the sky, as ICRS or J2000, but found " +
                      std::string(MDirection::showType(frame)));
  // (2, 1 + NUM_POLY): longitude and latitude at the reference time, then the coefficients of powers of time.
  const std::vector<double> cell = cells_(row).tovector();
  if (cell.size() < 2 || cell.size() % 2 != 0) refuse(path_, "Expected two angles in every " + name_);
  double longitude = cell[0], latitude = cell[1], power = 1;
  for (std::size_t i = 2; i < cell.size(); i += 2) {
    power *= seconds;
    longitude += cell[i] * power;
    latitude += cell[i + 1] * power;
  }
  if (!std::isfinite(longitude) || !std::isfinite(latitude)) refuse(path_, "Expected finite angles in every " + name_);
  return to_icrs(frame, longitude, latitude);
}

void read_pointing(const Table& ms, const std::string& path, Observation& observation) {
  observation.pointing = observation.phase_center;
  if (!ms.keywordSet().isDefined("POINTING")) return;
  const Table table = open_subtable(ms, "POINTING");
  if (table.nrow() == 0) return;
  const auto time = casacore::ScalarColumn<double>(table, "TIME").getColumn();
  const auto interval = casacore::ScalarColumn<double>(table, "INTERVAL").getColumn();
  const auto antenna = casacore::ScalarColumn<int>(table, "ANTENNA_ID").getColumn();
  const int in_use = static_cast<int>(observation.antenna1.front());
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < table.nrow(); ++row)
    if (antenna(row) == in_use || antenna(row) == -1) rows.push_back(row);
  std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) { return time(a) < time(b); });
  if (rows.empty()) return;
  const DirectionColumn directions(table, "DIRECTION", path);
  for (std::size_t t = 0; t < observation.time_mjd_s.size(); ++t) {
    const double now = observation.time_mjd_s[t];
    const auto later = std::lower_bound(rows.begin(), rows.end(), now,
                                        [&](std::size_t row, double value) { return time(row) < value; });
    std::size_t nearest = later == rows.end() ? rows.back() : *later;
    if (later != rows.begin() && std::abs(time(*(later - 1)) - now) < std::abs(time(nearest) - now))
      nearest = *(later - 1);
    if (directions.fixed_to_sky(nearest) && std::abs(time(nearest) - now) <= std::abs(interval(nearest)) / 2)
      observation.pointing[t] = directions.at(nearest, now - time(nearest));
  }
}

}  // namespace contimg::ms
