#include "ms/ms_subtables.h"

#include <casacore/casa/OS/Time.h>
#include <casacore/measures/Measures/MDirection.h>
#include <casacore/measures/Measures/MFrequency.h>
#include <casacore/ms/MeasurementSets/MSColumns.h>
#include <casacore/tables/Tables/TableRecord.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/constants.h"
#include "ms/polarization_codes.h"

namespace contimg::ms {
namespace {

using casacore::Array;
using casacore::IPosition;
using casacore::Matrix;
using casacore::Vector;
using MS = casacore::MeasurementSet;

using Row = casacore::rownr_t;

Vector<double> vector_of(Vec3 v) { return Vector<double>(std::vector<double>{v.x, v.y, v.z}); }

Matrix<double> direction_cell(const Direction& direction) {
  Matrix<double> cell(2, 1);
  cell(0, 0) = direction.ra_rad;
  cell(1, 0) = direction.dec_rad;
  return cell;
}

/// Makes room for `n` rows in a subtable and returns its columns.
template <typename Columns, typename Table>
Columns with_rows(Table& table, std::size_t n) {
  table.addRow(n);
  return Columns(table);
}

void write_feeds(MS& ms, const Observation& observation, double mid_time, double duration) {
  auto columns = with_rows<casacore::MSFeedColumns>(ms.feed(), observation.antennas.size());
  const bool circular = std::any_of(observation.polarizations.begin(), observation.polarizations.end(),
                                    [](int code) { return code <= -1 && code >= -4; });
  Vector<casacore::String> types(2);
  types(0) = circular ? "R" : "X";
  types(1) = circular ? "L" : "Y";
  Matrix<casacore::Complex> response(2, 2, casacore::Complex(0));
  response(0, 0) = response(1, 1) = casacore::Complex(1);
  for (Row row = 0; row < observation.antennas.size(); ++row) {
    columns.antennaId().put(row, static_cast<int>(row));
    columns.feedId().put(row, 0);
    columns.spectralWindowId().put(row, -1);
    columns.time().put(row, mid_time);
    columns.interval().put(row, duration);
    columns.numReceptors().put(row, 2);
    columns.beamId().put(row, -1);
    columns.beamOffset().put(row, Matrix<double>(2, 2, 0.0));
    columns.polarizationType().put(row, types);
    columns.polResponse().put(row, response);
    columns.position().put(row, Vector<double>(3, 0.0));
    columns.receptorAngle().put(row, Vector<double>(2, 0.0));
  }
}

void write_fields(MS& ms, const WritePlan& plan) {
  casacore::MSFieldColumns(ms.field()).setDirectionRef(casacore::MDirection::ICRS);  // needs a table without rows
  auto columns = with_rows<casacore::MSFieldColumns>(ms.field(), plan.fields.size());
  for (Row row = 0; row < plan.fields.size(); ++row) {
    const Field& field = plan.fields[row];
    const Matrix<double> center = direction_cell(field.center);
    columns.name().put(row, field.name);
    columns.code().put(row, "");
    columns.time().put(row, field.time_mjd_s);
    columns.numPoly().put(row, 0);
    columns.delayDir().put(row, center);
    columns.phaseDir().put(row, center);
    columns.referenceDir().put(row, center);
    columns.sourceId().put(row, -1);
    columns.flagRow().put(row, false);
  }
}

void write_spectral_windows(MS& ms, const Observation& observation) {
  const auto& first = observation.spw_first_channel;
  auto columns = with_rows<casacore::MSSpWindowColumns>(ms.spectralWindow(), first.size());
  for (Row row = 0; row < first.size(); ++row) {
    const std::size_t begin = first[row], end = row + 1 < first.size() ? first[row + 1] : observation.n_channels();
    const Vector<double> freq(
        std::vector<double>(observation.freq_hz.begin() + begin, observation.freq_hz.begin() + end));
    const Vector<double> width(
        std::vector<double>(observation.channel_width_hz.begin() + begin, observation.channel_width_hz.begin() + end));
    columns.name().put(row, "spw" + std::to_string(row));
    columns.numChan().put(row, static_cast<int>(end - begin));
    columns.refFrequency().put(row, freq(0));
    columns.chanFreq().put(row, freq);
    columns.chanWidth().put(row, width);
    columns.effectiveBW().put(row, width);
    columns.resolution().put(row, width);
    columns.totalBandwidth().put(row, sum(width));
    columns.measFreqRef().put(row, casacore::MFrequency::TOPO);
    columns.netSideband().put(row, 1);
    columns.ifConvChain().put(row, 0);
    columns.freqGroup().put(row, 0);
    columns.freqGroupName().put(row, "");
    columns.flagRow().put(row, false);
  }
  auto descriptions = with_rows<casacore::MSDataDescColumns>(ms.dataDescription(), first.size());
  for (Row row = 0; row < first.size(); ++row) {
    descriptions.spectralWindowId().put(row, static_cast<int>(row));
    descriptions.polarizationId().put(row, 0);
    descriptions.flagRow().put(row, false);
  }
}

/// The receptors, 0 or 1, whose product a correlation is.
std::pair<int, int> receptors(int casa_stokes_number) {
  const int kind = casa_stokes_number >= 9 ? casa_stokes_number - 9 : casa_stokes_number - 5;
  if (kind < 0) return {0, 0};  // Stokes parameters have no product
  return {kind / 2, kind % 2};
}

void write_polarization(MS& ms, const Observation& observation) {
  auto columns = with_rows<casacore::MSPolarizationColumns>(ms.polarization(), 1);
  const auto n_pols = static_cast<int>(observation.n_pols());
  Vector<int> types(n_pols);
  Matrix<int> products(2, n_pols);
  for (int pol = 0; pol < n_pols; ++pol) {
    types(pol) = casa_stokes(observation.polarizations[pol]);
    std::tie(products(0, pol), products(1, pol)) = receptors(types(pol));
  }
  columns.numCorr().put(0, n_pols);
  columns.corrType().put(0, types);
  columns.corrProduct().put(0, products);
  columns.flagRow().put(0, false);
}

/// The dishes that observed look where the observation says, one row for each and integration.
void write_pointing(MS& ms, const WritePlan& plan) {
  const Observation& observation = plan.observation;
  std::set<std::uint32_t> used(observation.antenna1.begin(), observation.antenna1.end());
  used.insert(observation.antenna2.begin(), observation.antenna2.end());
  casacore::MSPointingColumns(ms.pointing()).setDirectionRef(casacore::MDirection::ICRS);
  auto columns = with_rows<casacore::MSPointingColumns>(ms.pointing(), used.size() * plan.integrations.size());
  Row row = 0;
  for (const Integration& integration : plan.integrations) {
    const Matrix<double> direction = direction_cell(integration.pointing);
    for (std::uint32_t antenna : used) {
      columns.antennaId().put(row, static_cast<int>(antenna));
      columns.time().put(row, integration.time_mjd_s);
      columns.interval().put(row, integration.length_s);
      columns.name().put(row, "");
      columns.numPoly().put(row, 0);
      columns.timeOrigin().put(row, integration.time_mjd_s);
      columns.direction().put(row, direction);
      columns.target().put(row, direction);
      columns.tracking().put(row, true);
      ++row;
    }
  }
}

void write_observation(MS& ms, const Observation& observation, double begin, double end) {
  auto columns = with_rows<casacore::MSObservationColumns>(ms.observation(), 1);
  columns.telescopeName().put(0, observation.telescope_name);
  columns.timeRange().put(0, Vector<double>(std::vector<double>{begin, end}));
  columns.observer().put(0, "");
  columns.project().put(0, "");
  columns.scheduleType().put(0, "");
  columns.schedule().put(0, Vector<casacore::String>(1, ""));
  columns.log().put(0, Vector<casacore::String>(1, ""));
  columns.releaseDate().put(0, end);
  columns.flagRow().put(0, false);
  auto& keywords = ms.observation().rwKeywordSet();
  const Site& site = observation.site;
  const EarthOrientation& orientation = observation.earth_orientation;
  keywords.define(kSiteKeyword, vector_of({site.longitude_rad, site.latitude_rad, site.height_m}));
  keywords.define(kOrientationKeyword,
                  vector_of({orientation.ut1_minus_utc_s, orientation.x_pole_rad, orientation.y_pole_rad}));
}

void write_history(MS& ms, const Observation& observation) {
  auto lines = observation.history;
  lines.push_back("Written as a MeasurementSet by contimg, conjugated");
  append_history(ms.history(), lines);
}

void write_processor_and_state(MS& ms) {
  auto processor = with_rows<casacore::MSProcessorColumns>(ms.processor(), 1);
  processor.type().put(0, "CORRELATOR");
  processor.subType().put(0, "");
  processor.typeId().put(0, -1);
  processor.modeId().put(0, -1);
  processor.flagRow().put(0, false);
  auto state = with_rows<casacore::MSStateColumns>(ms.state(), 1);
  state.sig().put(0, true);
  state.ref().put(0, false);
  state.cal().put(0, 0.0);
  state.load().put(0, 0.0);
  state.subScan().put(0, 0);
  state.obsMode().put(0, "OBSERVE_TARGET.ON_SOURCE");
  state.flagRow().put(0, false);
}

}  // namespace

void write_antennas(casacore::MSAntenna& table, const std::vector<Antenna>& antennas) {
  table.addRow(antennas.size());
  casacore::MSAntennaColumns columns(table);
  for (Row row = 0; row < antennas.size(); ++row) {
    const Antenna& antenna = antennas[row];
    columns.name().put(row, antenna.name);
    columns.station().put(row, antenna.name);
    columns.type().put(row, "GROUND-BASED");
    columns.mount().put(row, "ALT-AZ");
    columns.position().put(row, vector_of(antenna.position_m));
    columns.offset().put(row, Vector<double>(3, 0.0));
    columns.dishDiameter().put(row, antenna.diameter_m);
    columns.flagRow().put(row, false);
  }
}

void append_history(casacore::MSHistory& table, const std::vector<std::string>& lines) {
  const Row first = table.nrow();
  auto columns = with_rows<casacore::MSHistoryColumns>(table, lines.size());
  const double now = casacore::Time().modifiedJulianDay() * kSecondsPerDay;
  for (Row row = first; row < first + lines.size(); ++row) {
    columns.time().put(row, now);
    columns.observationId().put(row, 0);
    columns.message().put(row, lines[row - first]);
    columns.priority().put(row, "INFO");
    columns.origin().put(row, "contimg");
    columns.application().put(row, "contimg");
    columns.objectId().put(row, 0);
    columns.cliCommand().put(row, Vector<casacore::String>(1, ""));
    columns.appParams().put(row, Vector<casacore::String>(1, ""));
  }
}

void write_subtables(MS& ms, const WritePlan& plan) {
  const Observation& observation = plan.observation;
  const Integration &first = plan.integrations.front(), &last = plan.integrations.back();
  const double begin = first.time_mjd_s - first.length_s / 2, end = last.time_mjd_s + last.length_s / 2;
  write_antennas(ms.antenna(), observation.antennas);
  write_feeds(ms, observation, (begin + end) / 2, end - begin);
  write_fields(ms, plan);
  write_spectral_windows(ms, observation);
  write_polarization(ms, observation);
  write_pointing(ms, plan);
  write_observation(ms, observation, begin, end);
  write_history(ms, observation);
  write_processor_and_state(ms);
}

}  // namespace contimg::ms
