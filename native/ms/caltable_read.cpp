// 1. Is it a table at all, of a kind that is known, with all columns, subtables and rows?
// 2. Antennas and spectral windows: names, frequencies; windows in ascending order, channels too.
// 3. Row by row: indices, times, shapes; values are finite, and gains not 0, where they are not flagged.
#include <sys/stat.h>

#include <casacore/casa/Arrays/Matrix.h>
#include <casacore/ms/MeasurementSets/MSColumns.h>
#include <casacore/tables/Tables/ArrayColumn.h>
#include <casacore/tables/Tables/ScalarColumn.h>
#include <casacore/tables/Tables/TableRecord.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/error.h"
#include "ms/caltable.h"
#include "ms/caltable_rows.h"
#include "ms/caltable_windows.h"
#include "ms/table_lock.h"

namespace contimg::ms {
namespace {

using casacore::Table;

constexpr double kNanosecond = 1e-9;

Term term_of(const Table& table, const std::string& path) {
  const auto& keywords = table.keywordSet();
  if (!keywords.isDefined("VisCal"))
    refuse_caltable(path, "Expected the keyword VisCal of a calibration table but there is none");
  const std::string kind = keywords.asString("VisCal");
  if (kind == "K Jones") return Term::kDelay;
  if (kind == "B Jones") return Term::kBandpass;
  if (kind == "G Jones" || kind == "T Jones") return Term::kGain;
  refuse_caltable(path, "Expected G, T, B or K Jones but the table holds " + kind);
}

void require_columns(const Table& table, Term term, const std::string& path) {
  const char* parameters = term == Term::kDelay ? "FPARAM" : "CPARAM";
  for (const char* name :
       {"TIME", "INTERVAL", "SPECTRAL_WINDOW_ID", "ANTENNA1", "ANTENNA2", "PARAMERR", "SNR", "FLAG", parameters})
    if (!table.tableDesc().isColumn(name))
      refuse_caltable(path, std::string("Expected a column ") + name + " but there is none");
  if (table.nrow() == 0) refuse_caltable(path, "Expected solutions but there are no rows");
}

std::vector<Antenna> read_antennas(const Table& table, const std::string& path) {
  const Table antennas = caltable_subtable(table, "ANTENNA", path);
  const casacore::ScalarColumn<casacore::String> name(antennas, "NAME");
  const casacore::ArrayColumn<double> position(antennas, "POSITION");
  const casacore::ScalarColumn<double> diameter(antennas, "DISH_DIAMETER");
  std::vector<Antenna> result;
  std::set<std::string> names;
  for (casacore::rownr_t row = 0; row < antennas.nrow(); ++row) {
    const casacore::Vector<double> p(position(row));
    if (p.size() != 3) refuse_caltable(path, "Expected positions of three coordinates in ANTENNA");
    result.push_back({name(row), {p(0), p(1), p(2)}, diameter(row)});
    if (!names.insert(result.back().name).second)
      refuse_caltable(path, "Expected antennas of different names but two are called " + result.back().name);
  }
  if (result.empty()) refuse_caltable(path, "Expected antennas but ANTENNA has no rows");
  return result;
}

/// Puts the values of the rows where they belong.
class Filling {
 public:
  Filling(const Table& table, const std::vector<CaltableWindow>& windows, const std::vector<std::size_t>& order,
          Solutions& s, const std::string& path)
      : is_delay_(s.term == Term::kDelay),
        errors_(table, "PARAMERR"),
        snr_(table, "SNR"),
        flags_(table, "FLAG"),
        windows_(windows),
        s_(s),
        path_(path) {
    if (is_delay_)
      delays_.attach(table, "FPARAM");
    else
      gains_.attach(table, "CPARAM");
    for (std::size_t i = 0; i < order.size(); ++i) first_band_[order[i]] = s.spw_first_band[i];
  }

  void fill(casacore::rownr_t row, std::size_t time, std::size_t window_id, std::size_t antenna) {
    const CaltableWindow& window = windows_[window_id];
    const std::size_t first = first_band_.at(window_id), n_feeds = s_.feeds.size();
    const casacore::IPosition shape(2, static_cast<ssize_t>(n_feeds), static_cast<ssize_t>(window.channel.size()));
    const bool defined = is_delay_ ? delays_.isDefined(row) : gains_.isDefined(row);
    if (!defined || !(is_delay_ ? delays_.shape(row) : gains_.shape(row)).isEqual(shape) || !flags_.isDefined(row) ||
        !flags_.shape(row).isEqual(shape))
      refuse_caltable(path_, "Expected " + std::to_string(n_feeds) + " x " + std::to_string(window.channel.size()) +
                                 " values and flags in row " + std::to_string(row));
    const casacore::Matrix<bool> flag(flags_(row));
    const casacore::Matrix<float> error = optional(errors_, row, shape), snr = optional(snr_, row, shape);
    const casacore::Matrix<casacore::Complex> gain = is_delay_ ? casacore::Matrix<casacore::Complex>() : gains_(row);
    const casacore::Matrix<float> delay = is_delay_ ? delays_(row) : casacore::Matrix<float>();
    for (std::size_t k = 0; k < window.channel.size(); ++k)
      for (std::size_t f = 0; f < n_feeds; ++f) {
        const std::size_t from = window.channel[k], band = first + k;
        auto& to = s_.flags(time, antenna, band, f);
        if (to != static_cast<std::uint8_t>(SolutionFlag::kNoData))
          refuse_caltable(path_, "Expected one solution per time, spectral window and antenna but row " +
                                     std::to_string(row) + " is another");
        const std::complex<double> value = is_delay_ ? of_delay(delay(f, from), window) : of_gain(gain(f, from));
        if (!flag(f, from) && (!std::isfinite(std::norm(value)) || (!is_delay_ && !(std::norm(value) > 0))))
          refuse_caltable(path_, "Expected finite gains that are not 0 where they are not flagged, but not so in row " +
                                     std::to_string(row));
        to = flag(f, from) ? static_cast<std::uint8_t>(SolutionFlag::kTable) : 0;
        s_.values(time, antenna, band, f) = flag(f, from) ? 1.0 : value;
        s_.errors(time, antenna, band, f) = error(f, from) * (is_delay_ ? static_cast<float>(kNanosecond) : 1);
        s_.snr(time, antenna, band, f) = snr(f, from);
      }
  }

 private:
  static std::complex<double> of_gain(casacore::Complex gain) { return std::conj(std::complex<double>(gain)); }
  /// A delay, and the phase that it makes between its pivot and the center of the band.
  static std::complex<double> of_delay(float nanoseconds, const CaltableWindow& window) {
    const double delay_s = -kNanosecond * nanoseconds;
    return {delay_s, delay_s * (window.freq_hz.front() - window.pivot_hz)};
  }
  static casacore::Matrix<float> optional(const casacore::ArrayColumn<float>& column, casacore::rownr_t row,
                                          const casacore::IPosition& shape) {
    if (column.isDefined(row) && column.shape(row).isEqual(shape)) return column(row);
    return casacore::Matrix<float>(shape, 0.0f);
  }

  bool is_delay_;
  casacore::ArrayColumn<casacore::Complex> gains_;
  casacore::ArrayColumn<float> delays_, errors_, snr_;
  casacore::ArrayColumn<bool> flags_;
  const std::vector<CaltableWindow>& windows_;
  std::map<std::size_t, std::size_t> first_band_;
  Solutions& s_;
  const std::string& path_;
};

void read_identity(const Table& table, SolutionAxes& axes, const std::string& path) {
  const Table observation = caltable_subtable(table, "OBSERVATION", path),
              field = caltable_subtable(table, "FIELD", path);
  if (observation.nrow() > 0)
    axes.telescope_name = casacore::ScalarColumn<casacore::String>(observation, "TELESCOPE_NAME")(0);
  if (field.nrow() > 0) {
    const casacore::Array<double> direction = casacore::ArrayColumn<double>(field, "PHASE_DIR")(0);
    const std::vector<double> values = direction.tovector();
    if (values.size() >= 2) axes.phase_center = {values[0], values[1]};
  }
  if (table.keywordSet().isDefined("HISTORY")) {
    const Table history = caltable_subtable(table, "HISTORY", path);
    const casacore::ScalarColumn<casacore::String> message(history, "MESSAGE");
    for (casacore::rownr_t row = 0; row < history.nrow(); ++row) axes.history.push_back(message(row));
  }
}

Solutions read_table(const std::string& path) {
  const Table table(path);
  SolutionAxes axes;
  axes.term = term_of(table, path);
  require_columns(table, axes.term, path);
  axes.antennas = read_antennas(table, path);
  std::vector<CaltableWindow> windows = read_caltable_windows(table, axes.term, path);
  const CaltableRows rows = read_caltable_rows(table, axes.antennas.size(), windows.size(), path);
  const std::vector<std::size_t> order = windows_in_order(rows.window, windows, path);
  axes.from_one_spw = axes.term != Term::kBandpass && order.size() == 1 && windows.size() > 1;
  if (axes.from_one_spw) hold_in_all(windows, order.front());
  for (const std::size_t w : order) {
    axes.spw_first_band.push_back(axes.freq_hz.size());
    axes.freq_hz.insert(axes.freq_hz.end(), windows[w].freq_hz.begin(), windows[w].freq_hz.end());
    axes.width_hz.insert(axes.width_hz.end(), windows[w].width_hz.begin(), windows[w].width_hz.end());
  }
  axes.time_mjd_s = solution_times(rows);
  axes.interval_s.assign(axes.time_mjd_s.size(), 0);
  axes.reference = only_reference(rows);
  const auto& keywords = table.keywordSet();
  const bool circular = keywords.isDefined("PolBasis") && keywords.asString("PolBasis") == "circular";
  const casacore::TableColumn parameters(table, axes.term == Term::kDelay ? "FPARAM" : "CPARAM");
  const ssize_t n_feeds = parameters.isDefined(0) && parameters.shape(0).size() == 2 ? parameters.shape(0)(0) : 0;
  if (n_feeds != 1 && n_feeds != 2)
    refuse_caltable(path, "Expected one or two feeds but there are " + std::to_string(n_feeds));
  axes.feeds = circular ? std::vector<int>{-1, -2} : std::vector<int>{-5, -6};
  axes.feeds.resize(static_cast<std::size_t>(n_feeds));
  read_identity(table, axes, path);

  Solutions solutions(std::move(axes));
  Filling filling(table, windows, order, solutions, path);
  for (casacore::rownr_t row = 0; row < table.nrow(); ++row) {
    const auto at = std::upper_bound(solutions.time_mjd_s.begin(), solutions.time_mjd_s.end(), rows.time[row]);
    const auto time = static_cast<std::size_t>(at - solutions.time_mjd_s.begin()) - 1;
    solutions.interval_s[time] = std::max(solutions.interval_s[time], rows.interval[row]);
    filling.fill(row, time, static_cast<std::size_t>(rows.window[row]), static_cast<std::size_t>(rows.antenna[row]));
  }
  return solutions;
}

}  // namespace

Solutions read_caltable(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    throw Error(code::kFileAccess, "Expected a calibration table at " + path + " but nothing is there", path);
  if (!S_ISDIR(status.st_mode) || ::stat((path + "/table.dat").c_str(), &status) != 0)
    refuse_caltable(path, "Expected a folder with a file table.dat");
  const std::lock_guard<std::mutex> lock(casacore_mutex());
  try {
    Solutions solutions = read_table(path);
    bool any = false, unit = solutions.term == Term::kGain;
    for (std::size_t i = 0; i < solutions.flags.size(); ++i) {
      if (solutions.flags.data()[i] != 0) continue;
      any = true;
      unit = unit && std::abs(std::abs(solutions.values.data()[i]) - 1) < 1e-6;
    }
    if (!any) refuse_caltable(path, "Expected solutions but all are flagged");
    solutions.phase_only = unit;
    return solutions;
  } catch (const casacore::AipsError& error) {
    refuse_caltable(path, "Expected what casacore can read but it reports: " + error.getMesg());
  }
}

}  // namespace contimg::ms
