#include "ms/ms_table.h"

#include <casacore/tables/Tables/ArrayColumn.h>
#include <casacore/tables/Tables/ScalarColumn.h>
#include <casacore/tables/Tables/TableRecord.h>

#include <filesystem>
#include <set>

#include "coordinates/site.h"
#include "core/constants.h"
#include "core/error.h"
#include "ms/ms_directions.h"
#include "ms/ms_subtables.h"

namespace contimg::ms {
namespace {

namespace fs = std::filesystem;

using casacore::Table;
using casacore::Vector;

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

void read_antennas(const Table& ms, Observation& observation) {
  const Table antennas = open_subtable(ms, "ANTENNA");
  const auto names = scalars<casacore::String>(antennas, "NAME");
  const auto diameters = scalars<double>(antennas, "DISH_DIAMETER");
  for (casacore::rownr_t row = 0; row < antennas.nrow(); ++row) {
    const auto xyz = doubles(antennas, "POSITION", row);
    observation.antennas.push_back({names(row), {xyz.at(0), xyz.at(1), xyz.at(2)}, diameters(row)});
  }
}

/// The telescope of the first OBSERVATION row, and its place: what our writer said, or the middle of the antennas in
/// use.
void read_site(const Table& ms, const std::string& path, const EarthOrientation& orientation,
               Observation& observation) {
  const Table table = open_subtable(ms, "OBSERVATION");
  if (table.nrow() == 0) refuse(path, "Expected one row in OBSERVATION but there is none");
  observation.telescope_name = scalars<casacore::String>(table, "TELESCOPE_NAME")(0);
  const auto site = keyword(table, kSiteKeyword);
  if (!site.empty()) {
    observation.site = {site[0], site[1], site[2]};
  } else {
    Vec3 sum;
    const std::set<std::uint32_t> in_use(observation.antenna1.begin(), observation.antenna1.end());
    for (std::uint32_t antenna : in_use) sum = sum + observation.antennas[antenna].position_m;
    const Vec3 middle = (1.0 / static_cast<double>(in_use.size())) * sum;
    constexpr double kInsideEarth = 1e6;  // no array is that deep, and no direction can be computed there
    if (!(norm(middle) > kInsideEarth)) refuse(path, "Expected ANTENNA POSITION in ITRF but the antennas have none");
    observation.site = site_of_itrf(middle);
  }
  const auto stored = keyword(table, kOrientationKeyword);
  observation.earth_orientation = stored.empty() ? orientation : EarthOrientation{stored[0], stored[1], stored[2]};
}

void add_window(const Window& window, MsContents& contents) {
  Observation& observation = contents.observation;
  observation.spw_first_channel.push_back(observation.freq_hz.size());
  observation.freq_hz.insert(observation.freq_hz.end(), window.freq_hz.begin(), window.freq_hz.end());
  observation.channel_width_hz.insert(observation.channel_width_hz.end(), window.channel_width_hz.begin(),
                                      window.channel_width_hz.end());
  contents.descending.push_back(window.descending);
}

/// Every field at its reference time, and the phase center of each integration.
void read_fields(const Table& table, const std::string& path, MsContents& contents) {
  const DirectionColumn centers(table, "PHASE_DIR", path);
  const auto names = scalars<casacore::String>(table, "NAME");
  const auto times = scalars<double>(table, "TIME");
  const bool may_move = table.tableDesc().isColumn("EPHEMERIS_ID");
  for (std::size_t field = 0; field < table.nrow(); ++field)
    contents.fields.push_back(
        {names(field), centers.fixed_to_sky(field) ? centers.at(field) : Direction{}, times(field)});
  Observation& observation = contents.observation;
  for (std::size_t t = 0; t < observation.time_mjd_s.size(); ++t) {
    const std::uint32_t field = contents.field_of_time[t];
    if (may_move && casacore::ScalarColumn<int>(table, "EPHEMERIS_ID")(field) >= 0)
      refuse(path, "Expected fields fixed to the sky but field " + std::to_string(field) + " follows an ephemeris");
    observation.phase_center.push_back(centers.at(field, observation.time_mjd_s[t] - times(field)));
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

MsContents read_contents(const Table& ms, const std::string& path, const EarthOrientation& orientation,
                         const Choice& choice) {
  MsContents contents;
  Observation& observation = contents.observation;
  contents.n_table_rows = ms.nrow();
  read_antennas(ms, observation);
  const RowKeys keys(ms, observation.antennas.size(), path);
  ChosenWindows chosen = choose_windows(ms, path, choice, keys.data_descriptions_in_use(path));
  observation.polarizations = std::move(chosen.polarizations);
  std::vector<std::size_t> data_descriptions;
  for (const Window& window : chosen.windows) {
    add_window(window, contents);
    data_descriptions.push_back(window.data_description);
  }
  const Table fields = open_subtable(ms, "FIELD");
  const auto names = scalars<casacore::String>(fields, "NAME");
  const std::vector<std::string> field_names(names.begin(), names.end());
  contents.table_rows = order_rows(keys, choose_fields(field_names, path, choice), data_descriptions, path);
  contents.field_of_time = read_rows(ms, keys, contents.table_rows, path, observation);
  read_site(ms, path, orientation, observation);
  read_fields(fields, path, contents);
  if (choice.any_field()) require_one_direction(observation, contents.field_of_time, field_names, path);
  read_pointing(ms, path, observation);
  read_history(ms, observation);
  return contents;
}

void refuse(const std::string& path, const std::string& message, const std::string& advice) {
  throw Error(code::kMeasurementSet, message + " in " + path + advice, path);
}

}  // namespace contimg::ms
