#include <casacore/casa/Arrays/Matrix.h>
#include <casacore/measures/Measures/MDirection.h>
#include <casacore/measures/Measures/MFrequency.h>
#include <casacore/ms/MeasurementSets/MSColumns.h>
#include <casacore/tables/DataMan/StandardStMan.h>
#include <casacore/tables/Tables/ArrColDesc.h>
#include <casacore/tables/Tables/ArrayColumn.h>
#include <casacore/tables/Tables/ScaColDesc.h>
#include <casacore/tables/Tables/ScalarColumn.h>
#include <casacore/tables/Tables/SetupNewTab.h>
#include <casacore/tables/Tables/TableRecord.h>

#include <cmath>

#include "ms/caltable.h"
#include "ms/ms_subtables.h"
#include "ms/pending_folder.h"
#include "ms/table_lock.h"

namespace contimg::ms {
namespace {

using casacore::Matrix;
using casacore::Table;
using casacore::Vector;

/// Whose layout a table has: since this version delays are against CHAN_FREQ.
constexpr const char* kLayout = "5.3.0";

const char* jones_of(Term term) {
  switch (term) {
    case Term::kDelay:
      return "K Jones";
    case Term::kBandpass:
      return "B Jones";
    default:
      return "G Jones";
  }
}

casacore::TableDesc description_of(Term term) {
  casacore::TableDesc description;
  for (const char* name : {"TIME", "INTERVAL"}) description.addColumn(casacore::ScalarColumnDesc<double>(name));
  for (const char* name : {"FIELD_ID", "SPECTRAL_WINDOW_ID", "ANTENNA1", "ANTENNA2", "SCAN_NUMBER", "OBSERVATION_ID"})
    description.addColumn(casacore::ScalarColumnDesc<int>(name));
  if (term == Term::kDelay)
    description.addColumn(casacore::ArrayColumnDesc<float>("FPARAM", 2));
  else
    description.addColumn(casacore::ArrayColumnDesc<casacore::Complex>("CPARAM", 2));
  for (const char* name : {"PARAMERR", "SNR", "WEIGHT"})
    description.addColumn(casacore::ArrayColumnDesc<float>(name, 2));
  description.addColumn(casacore::ArrayColumnDesc<bool>("FLAG", 2));
  for (const char* name : {"TIME", "INTERVAL"})
    description.rwColumnDesc(name).rwKeywordSet().define("QuantumUnits", Vector<casacore::String>(1, "s"));
  casacore::TableRecord epoch;
  epoch.define("type", "epoch");
  epoch.define("Ref", "UTC");
  description.rwColumnDesc("TIME").rwKeywordSet().defineRecord("MEASINFO", epoch);
  return description;
}

/// Bands of each spectral window: [first, end).
std::pair<std::size_t, std::size_t> bands_of(const Solutions& s, std::size_t window) {
  const auto& first = s.spw_first_band;
  return {first[window], window + 1 < first.size() ? first[window + 1] : s.freq_hz.size()};
}

/// A subtable with `n` rows, known to the main table.
template <typename Subtable>
Subtable add_subtable(Table& main, const char* name, std::size_t n) {
  casacore::SetupNewTable setup(main.tableName() + "/" + name, Subtable::requiredTableDesc(), Table::New);
  Subtable table(setup, n);
  main.rwKeywordSet().defineTable(name, table);
  return table;
}

void write_windows(Table& main, const Solutions& s) {
  auto table = add_subtable<casacore::MSSpectralWindow>(main, "SPECTRAL_WINDOW", s.spw_first_band.size());
  casacore::MSSpWindowColumns columns(table);
  for (std::size_t w = 0; w < s.spw_first_band.size(); ++w) {
    const auto [begin, end] = bands_of(s, w);
    const Vector<double> freq(
        std::vector<double>(s.freq_hz.begin() + static_cast<long>(begin), s.freq_hz.begin() + static_cast<long>(end)));
    const Vector<double> width(std::vector<double>(s.width_hz.begin() + static_cast<long>(begin),
                                                   s.width_hz.begin() + static_cast<long>(end)));
    columns.name().put(w, "spw" + std::to_string(w));
    columns.numChan().put(w, static_cast<int>(end - begin));
    columns.refFrequency().put(w, freq(0));  // delays are against it: of their one band the center
    columns.chanFreq().put(w, freq);
    columns.chanWidth().put(w, width);
    columns.effectiveBW().put(w, width);
    columns.resolution().put(w, width);
    columns.totalBandwidth().put(w, sum(width));
    columns.measFreqRef().put(w, casacore::MFrequency::TOPO);
    columns.netSideband().put(w, 1);
    columns.ifConvChain().put(w, 0);
    columns.freqGroup().put(w, 0);
    columns.freqGroupName().put(w, "");
    columns.flagRow().put(w, false);
  }
}

void write_other_subtables(Table& main, const Solutions& s) {
  auto antennas = add_subtable<casacore::MSAntenna>(main, "ANTENNA", 0);
  write_antennas(antennas, s.antennas);
  auto fields = add_subtable<casacore::MSField>(main, "FIELD", 0);
  casacore::MSFieldColumns(fields).setDirectionRef(casacore::MDirection::ICRS);  // needs a table without rows
  fields.addRow(1);
  casacore::MSFieldColumns field(fields);
  Matrix<double> direction(2, 1);
  direction(0, 0) = s.phase_center.ra_rad;
  direction(1, 0) = s.phase_center.dec_rad;
  field.name().put(0, "calibration");
  field.code().put(0, "");
  field.time().put(0, s.time_mjd_s.front());
  field.numPoly().put(0, 0);
  field.delayDir().put(0, direction);
  field.phaseDir().put(0, direction);
  field.referenceDir().put(0, direction);
  field.sourceId().put(0, -1);
  field.flagRow().put(0, false);

  auto observations = add_subtable<casacore::MSObservation>(main, "OBSERVATION", 1);
  casacore::MSObservationColumns observation(observations);
  Vector<double> range(2);
  range(0) = s.time_mjd_s.front() - 0.5 * s.interval_s.front();
  range(1) = s.time_mjd_s.back() + 0.5 * s.interval_s.back();
  observation.telescopeName().put(0, s.telescope_name);
  observation.timeRange().put(0, range);
  observation.observer().put(0, "");
  observation.project().put(0, "");
  observation.releaseDate().put(0, range(1));
  observation.scheduleType().put(0, "");
  observation.log().put(0, Vector<casacore::String>(1, ""));
  observation.schedule().put(0, Vector<casacore::String>(1, ""));
  observation.flagRow().put(0, false);

  auto lines = add_subtable<casacore::MSHistory>(main, "HISTORY", s.history.size());
  casacore::MSHistoryColumns history(lines);
  for (std::size_t i = 0; i < s.history.size(); ++i) {
    history.time().put(i, s.time_mjd_s.front());
    history.observationId().put(i, 0);
    history.message().put(i, s.history[i]);
    history.priority().put(i, "NORMAL");
    history.origin().put(i, "contimg");
    history.objectId().put(i, 0);
    history.application().put(i, "contimg");
    history.cliCommand().put(i, Vector<casacore::String>(1, ""));
    history.appParams().put(i, Vector<casacore::String>(1, ""));
  }
}

void write_row(Table& main, casacore::rownr_t row, const Solutions& s, std::size_t time, std::size_t window,
               std::size_t antenna) {
  const auto put = [&](const char* name, auto value) {
    casacore::ScalarColumn<decltype(value)>(main, name).put(row, value);
  };
  put("TIME", s.time_mjd_s[time]);
  put("INTERVAL", s.interval_s[time]);
  put("FIELD_ID", 0);
  put("SPECTRAL_WINDOW_ID", static_cast<int>(window));
  put("ANTENNA1", static_cast<int>(antenna));
  put("ANTENNA2", s.reference ? static_cast<int>(*s.reference) : -1);
  put("SCAN_NUMBER", 1);
  put("OBSERVATION_ID", 0);
  const auto [begin, end] = bands_of(s, window);
  const std::size_t n_feeds = s.feeds.size();
  Matrix<casacore::Complex> gains(n_feeds, end - begin);
  Matrix<float> delays(n_feeds, end - begin), errors(n_feeds, end - begin), snr(n_feeds, end - begin),
      weights(n_feeds, end - begin, 1.0f);
  Matrix<bool> flags(n_feeds, end - begin);
  for (std::size_t k = begin; k < end; ++k)
    for (std::size_t f = 0; f < n_feeds; ++f) {
      const bool good = s.flags(time, antenna, k, f) == 0;
      const std::complex<double> value = good ? s.values(time, antenna, k, f) : 1.0;
      // Of a MeasurementSet's gain, the conjugate of ours.
      gains(f, k - begin) = casacore::Complex(std::conj(value));
      delays(f, k - begin) = good ? static_cast<float>(-1e9 * value.real()) : 0;
      const double unit = s.term == Term::kDelay ? 1e9 : 1;
      errors(f, k - begin) = static_cast<float>(unit * s.errors(time, antenna, k, f));
      snr(f, k - begin) = s.snr(time, antenna, k, f);
      flags(f, k - begin) = !good;
    }
  if (s.term == Term::kDelay)
    casacore::ArrayColumn<float>(main, "FPARAM").put(row, delays);
  else
    casacore::ArrayColumn<casacore::Complex>(main, "CPARAM").put(row, gains);
  casacore::ArrayColumn<float>(main, "PARAMERR").put(row, errors);
  casacore::ArrayColumn<float>(main, "SNR").put(row, snr);
  casacore::ArrayColumn<float>(main, "WEIGHT").put(row, weights);
  casacore::ArrayColumn<bool>(main, "FLAG").put(row, flags);
}

}  // namespace

void write_caltable(const Solutions& s, const std::string& path, const std::string& ms_name) {
  require_absent(path);
  PendingFolder folder(path);
  with_casacore(path, [&] {
    casacore::SetupNewTable setup(folder.path(), description_of(s.term), Table::NewNoReplace);
    setup.bindAll(casacore::StandardStMan());
    Table main(setup, s.time_mjd_s.size() * s.spw_first_band.size() * s.antennas.size());
    main.tableInfo() = casacore::TableInfo();
    main.tableInfo().setType("Calibration");
    main.tableInfo().setSubType(jones_of(s.term));
    main.rwKeywordSet().define("ParType", s.term == Term::kDelay ? "Float" : "Complex");
    main.rwKeywordSet().define("MSName", ms_name);
    main.rwKeywordSet().define("CASA_Version", kLayout);
    main.rwKeywordSet().define("VisCal", jones_of(s.term));
    main.rwKeywordSet().define("PolBasis", !s.feeds.empty() && s.feeds.front() >= -4 ? "circular" : "linear");
    write_windows(main, s);
    write_other_subtables(main, s);
    casacore::rownr_t row = 0;
    for (std::size_t time = 0; time < s.time_mjd_s.size(); ++time)
      for (std::size_t window = 0; window < s.spw_first_band.size(); ++window)
        for (std::size_t antenna = 0; antenna < s.antennas.size(); ++antenna)
          write_row(main, row++, s, time, window, antenna);
    main.flush(true, true);
  });
  folder.sync();
  folder.commit();
}

}  // namespace contimg::ms
