#include "ms/ms_table.h"

#include <casacore/measures/Measures/MCDirection.h>
#include <casacore/measures/Measures/MDirection.h>
#include <casacore/measures/Measures/MeasConvert.h>
#include <casacore/tables/Tables/ArrayColumn.h>
#include <casacore/tables/Tables/ScalarColumn.h>
#include <casacore/tables/Tables/TableRecord.h>

#include <cmath>
#include <filesystem>

#include "coordinates/site.h"
#include "core/constants.h"
#include "core/error.h"
#include "ms/ms_rows.h"
#include "ms/ms_subtables.h"
#include "ms/polarization_codes.h"

namespace contimg::ms {
namespace {

namespace fs = std::filesystem;

using casacore::Table;
using casacore::Vector;

[[noreturn]] void refuse(const std::string& path, const std::string& message) {
  throw Error(code::kMeasurementSet, message + " in " + path, path);
}

template <typename T>
Vector<T> scalars(const Table& table, const char* column) {
  return casacore::ScalarColumn<T>(table, column).getColumn();
}

std::vector<double> doubles(const Table& table, const char* column, std::size_t row) {
  return casacore::ArrayColumn<double>(table, column)(row).tovector();
}

/// The keyword's three numbers, or nothing.
std::vector<double> keyword(const Table& table, const char* name) {
  if (!table.keywordSet().isDefined(name)) return {};
  const auto values = table.keywordSet().toArrayDouble(name).tovector();
  return values.size() == 3 ? values : std::vector<double>{};
}

/// ICRS directions of a direction column, at the reference time of each row. ICRS cells come back to the bit.
std::vector<Direction> directions(const Table& table, const char* column, const std::string& path) {
  const casacore::ArrayColumn<double> cells(table, column);
  const auto& keywords = cells.keywordSet();
  if (!keywords.isDefined("MEASINFO") || !keywords.asRecord("MEASINFO").isDefined("Ref"))
    refuse(path, std::string("Expected one fixed reference frame for the directions of ") + column);
  const std::string reference = keywords.asRecord("MEASINFO").asString("Ref");
  casacore::MDirection::Types frame;
  if (!casacore::MDirection::getType(frame, reference) ||
      (frame != casacore::MDirection::ICRS && frame != casacore::MDirection::J2000 &&
       frame != casacore::MDirection::B1950 && frame != casacore::MDirection::GALACTIC))
    refuse(path, std::string("Expected ") + column + " in ICRS, J2000, B1950 or GALACTIC but found " + reference);
  casacore::MDirection::Convert to_icrs(casacore::MDirection::Ref(frame),
                                        casacore::MDirection::Ref(casacore::MDirection::ICRS));
  std::vector<Direction> result;
  for (casacore::rownr_t row = 0; row < table.nrow(); ++row) {
    // (2, 1 + NUM_POLY): the first pair holds at the reference time.
    const std::vector<double> cell = cells(row).tovector();
    if (cell.size() < 2) refuse(path, std::string("Expected two angles in every ") + column);
    Direction direction{cell[0], cell[1]};
    if (frame != casacore::MDirection::ICRS) {
      const casacore::MVDirection icrs = to_icrs(casacore::MVDirection(cell[0], cell[1])).getValue();
      direction = {icrs.getLong(), icrs.getLat()};
    }
    result.push_back(direction);
  }
  return result;
}

void read_antennas(const Table& ms, Observation& observation) {
  const Table antennas = open_subtable(ms, "ANTENNA");
  const auto names = scalars<casacore::String>(antennas, "NAME");
  const auto diameters = scalars<double>(antennas, "DISH_DIAMETER");
  for (casacore::rownr_t row = 0; row < antennas.nrow(); ++row) {
    const auto xyz = doubles(antennas, "POSITION", row);
    observation.antennas.push_back({names(row), {xyz.at(0), xyz.at(1), xyz.at(2)}, diameters(row)});
  }
}

void read_site(const Table& ms, const EarthOrientation& orientation, Observation& observation) {
  const Table table = open_subtable(ms, "OBSERVATION");
  observation.telescope_name = scalars<casacore::String>(table, "TELESCOPE_NAME")(0);
  const auto site = keyword(table, kSiteKeyword);
  if (!site.empty()) {
    observation.site = {site[0], site[1], site[2]};
  } else {
    Vec3 sum;
    for (std::uint32_t antenna : observation.antenna1) sum = sum + observation.antennas[antenna].position_m;
    observation.site = site_of_itrf((1.0 / static_cast<double>(observation.antenna1.size())) * sum);
  }
  const auto stored = keyword(table, kOrientationKeyword);
  observation.earth_orientation = stored.empty() ? orientation : EarthOrientation{stored[0], stored[1], stored[2]};
}

/// Channels of the spectral windows in use, in ascending frequency.
void read_channels(const Table& ms, const std::string& path, const MsRows& rows, Observation& observation) {
  const Table table = open_subtable(ms, "SPECTRAL_WINDOW");
  for (std::size_t spw : rows.spectral_windows) {
    const auto freq = doubles(table, "CHAN_FREQ", spw), width = doubles(table, "CHAN_WIDTH", spw);
    if (freq.empty() || width.size() != freq.size())
      refuse(path,
             "Expected as many CHAN_WIDTH as CHAN_FREQ, and at least one, in spectral window " + std::to_string(spw));
    observation.spw_first_channel.push_back(observation.freq_hz.size());
    for (std::size_t channel = 0; channel < freq.size(); ++channel) {
      if (!observation.freq_hz.empty() && !(freq[channel] > observation.freq_hz.back()))
        refuse(path, "Expected channels to ascend within spectral windows and from one to the next, but channel " +
                         std::to_string(channel) + " of window " + std::to_string(spw) +
                         " is not above the one before it");
      observation.freq_hz.push_back(freq[channel]);
      observation.channel_width_hz.push_back(std::abs(width[channel]));
    }
  }
}

void read_polarizations(const Table& ms, const std::string& path, const MsRows& rows, Observation& observation) {
  const auto types =
      casacore::ArrayColumn<int>(open_subtable(ms, "POLARIZATION"), "CORR_TYPE")(rows.polarization_id).tovector();
  for (int type : types) {
    if (aips_code(type) == 0)
      refuse(path, "Expected Stokes, linear or circular CORR_TYPE but found " + std::to_string(type));
    observation.polarizations.push_back(aips_code(type));
  }
}

/// Where the dishes look, per integration: the first POINTING row whose interval holds it; the phase center without
/// one.
void read_pointing(const Table& ms, const std::string& path, Observation& observation) {
  observation.pointing = observation.phase_center;
  if (!ms.keywordSet().isDefined("POINTING")) return;
  const Table table = open_subtable(ms, "POINTING");
  if (table.nrow() == 0) return;
  const auto times = scalars<double>(table, "TIME"), intervals = scalars<double>(table, "INTERVAL");
  const auto directions_icrs = directions(table, "DIRECTION", path);
  casacore::rownr_t row = 0;
  for (std::size_t t = 0; t < observation.time_mjd_s.size(); ++t) {
    const auto holds = [&] { return std::abs(times(row) - observation.time_mjd_s[t]) <= std::abs(intervals(row)) / 2; };
    for (casacore::rownr_t tried = 0; tried < table.nrow() && !holds(); ++tried) row = (row + 1) % table.nrow();
    if (holds()) observation.pointing[t] = directions_icrs[row];
  }
}

void read_fields(const Table& ms, const std::string& path, MsContents& contents) {
  const Table table = open_subtable(ms, "FIELD");
  const auto centers = directions(table, "PHASE_DIR", path);
  const auto names = scalars<casacore::String>(table, "NAME");
  const auto times = scalars<double>(table, "TIME");
  for (std::size_t field = 0; field < centers.size(); ++field)
    contents.fields.push_back({names(field), centers[field], times(field)});
  for (std::uint32_t field : contents.field_of_time) {
    if (field >= centers.size())
      refuse(path, "Expected FIELD_ID below " + std::to_string(centers.size()) + " but found " + std::to_string(field));
    contents.observation.phase_center.push_back(centers[field]);
  }
}

void read_history(const Table& ms, Observation& observation) {
  if (!ms.keywordSet().isDefined("HISTORY")) return;
  const Table table = open_subtable(ms, "HISTORY");
  for (const casacore::String& line : scalars<casacore::String>(table, "MESSAGE")) observation.history.push_back(line);
}

}  // namespace

Table open_main_table(const std::string& path) {
  std::error_code problem;
  const auto status = fs::status(path, problem);
  if (!fs::exists(status))
    throw Error(code::kFileAccess, "Expected a MeasurementSet at " + path + " but nothing is there", path);
  if (!fs::is_directory(status) || !fs::exists(fs::path(path) / "table.dat", problem))
    throw Error(code::kMeasurementSet,
                "Expected a MeasurementSet, a folder with a file table.dat, but " + path + " is " +
                    (fs::is_directory(status) ? "a folder without it" : "a file"),
                path);
  const Table table(path, casacore::TableLock(casacore::TableLock::AutoNoReadLocking), Table::Old);
  for (const char* name : {"ANTENNA", "DATA_DESCRIPTION", "FIELD", "OBSERVATION", "POLARIZATION", "SPECTRAL_WINDOW"})
    if (!table.keywordSet().isDefined(name))
      refuse(path, std::string("Expected a MeasurementSet, but there is no subtable ") + name);
  for (const char* name : {"TIME", "ANTENNA1", "ANTENNA2", "DATA_DESC_ID", "FIELD_ID", "INTERVAL", "UVW"})
    if (!table.tableDesc().isColumn(name))
      refuse(path, std::string("Expected a column ") + name + " but there is none");
  return table;
}

Table open_subtable(const Table& ms, const char* name) {
  return ms.keywordSet().asTable(name, casacore::TableLock(casacore::TableLock::AutoNoReadLocking));
}

MsContents read_contents(const Table& ms, const std::string& path, const EarthOrientation& orientation) {
  MsContents contents;
  Observation& observation = contents.observation;
  contents.n_table_rows = ms.nrow();
  read_antennas(ms, observation);
  MsRows rows = read_rows(ms, path, observation);
  contents.table_rows = std::move(rows.of_spw);
  contents.field_of_time = std::move(rows.field_of_time);
  if (open_subtable(ms, "OBSERVATION").nrow() == 0) refuse(path, "Expected one row in OBSERVATION but there is none");
  read_site(ms, orientation, observation);
  read_channels(ms, path, rows, observation);
  read_polarizations(ms, path, rows, observation);
  read_fields(ms, path, contents);
  read_pointing(ms, path, observation);
  read_history(ms, observation);
  return contents;
}

}  // namespace contimg::ms
