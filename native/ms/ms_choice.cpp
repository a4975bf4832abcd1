#include "ms/ms_choice.h"

#include <casacore/tables/Tables/ArrayColumn.h>
#include <casacore/tables/Tables/ScalarColumn.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

#include "coordinates/apparent.h"
#include "core/constants.h"
#include "core/error.h"
#include "ms/ms_table.h"
#include "ms/polarization_codes.h"

namespace contimg::ms {
namespace {

using casacore::Table;

template <typename... Values>
std::string printed(const char* format, Values... values) {
  char text[256];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

/// A data description with its polarization set-up.
struct Description {
  Window window;
  std::size_t polarization_id = 0;
  std::vector<int> polarizations;
};

std::string listed(const std::vector<Description>& descriptions) {
  std::string text;
  for (const Description& d : descriptions) {
    text += printed("%s%zu (spectral window %zu, %.3f to %.3f MHz, %zu channels, polarizations",
                    text.empty() ? "" : ", ", d.window.data_description, d.window.spectral_window,
                    d.window.freq_hz.front() / 1e6, d.window.freq_hz.back() / 1e6, d.window.freq_hz.size());
    for (int code : d.polarizations) text += " " + std::to_string(code);
    text += ")";
  }
  return text;
}

/// The row of `table` that a data description names.
std::size_t row_of(const Table& descriptions, const char* column, std::size_t id, const Table& table,
                   const std::string& path) {
  const int row = casacore::ScalarColumn<int>(descriptions, column)(id);
  if (row < 0 || static_cast<casacore::rownr_t>(row) >= table.nrow())
    refuse(path, std::string("Expected ") + column + " of data description " + std::to_string(id) + " to name one of " +
                     std::to_string(table.nrow()) + " rows but it is " + std::to_string(row));
  return static_cast<std::size_t>(row);
}

void read_channels(const Table& table, const std::string& path, Window& window) {
  const auto column = [&](const char* name) {
    return casacore::ArrayColumn<double>(table, name)(window.spectral_window).tovector();
  };
  window.freq_hz = column("CHAN_FREQ");
  window.channel_width_hz = column("CHAN_WIDTH");
  const std::string where = " in spectral window " + std::to_string(window.spectral_window);
  if (window.freq_hz.empty() || window.channel_width_hz.size() != window.freq_hz.size())
    refuse(path, "Expected as many CHAN_WIDTH as CHAN_FREQ, and at least one," + where);
  window.descending = window.freq_hz.front() > window.freq_hz.back();
  if (window.descending) {
    std::reverse(window.freq_hz.begin(), window.freq_hz.end());
    std::reverse(window.channel_width_hz.begin(), window.channel_width_hz.end());
  }
  for (double& width : window.channel_width_hz) width = std::abs(width);  // the sign tells the order
  const auto& freq = window.freq_hz;
  if (!(freq.front() > 0) ||
      std::adjacent_find(freq.begin(), freq.end(), std::not_fn(std::less<double>())) != freq.end())
    refuse(path, "Expected channels to ascend or to descend from one to the next" + where);
}

Description read_description(const Table& ms, const std::string& path, std::size_t id) {
  const Table descriptions = open_subtable(ms, "DATA_DESCRIPTION"), windows = open_subtable(ms, "SPECTRAL_WINDOW"),
              polarizations = open_subtable(ms, "POLARIZATION");
  Description result;
  result.window.data_description = id;
  result.window.spectral_window = row_of(descriptions, "SPECTRAL_WINDOW_ID", id, windows, path);
  result.polarization_id = row_of(descriptions, "POLARIZATION_ID", id, polarizations, path);
  read_channels(windows, path, result.window);
  for (int type : casacore::ArrayColumn<int>(polarizations, "CORR_TYPE")(result.polarization_id).tovector()) {
    if (aips_code(type) == 0)
      refuse(path, "Expected Stokes, linear or circular CORR_TYPE but found " + std::to_string(type));
    result.polarizations.push_back(aips_code(type));
  }
  return result;
}

}  // namespace

ChosenWindows choose_windows(const Table& ms, const std::string& path, const Choice& choice,
                             const std::vector<std::size_t>& in_use) {
  const std::size_t n = open_subtable(ms, "DATA_DESCRIPTION").nrow();
  if (in_use.back() >= n)
    refuse(path, "Expected DATA_DESC_ID to be a row of DATA_DESCRIPTION, which has " + std::to_string(n) +
                     ", but found " + std::to_string(in_use.back()));
  std::vector<Description> all, chosen;
  for (std::size_t id : in_use) all.push_back(read_description(ms, path, id));
  const auto& wanted = choice.data_descriptions;
  for (std::size_t id : wanted)
    if (std::find(in_use.begin(), in_use.end(), id) == in_use.end())
      throw Error(code::kInvalidArgument,
                  "Expected data descriptions that have rows in " + path + " but asked for " + std::to_string(id) +
                      ". There are " + listed(all),
                  path);
  for (const Description& d : all)
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), d.window.data_description) != wanted.end())
      chosen.push_back(d);
  std::stable_sort(chosen.begin(), chosen.end(), [](const Description& a, const Description& b) {
    return a.window.freq_hz.front() < b.window.freq_hz.front();
  });
  const std::string advice = ". Choose data descriptions that go together from " + listed(all);
  ChosenWindows result{{}, chosen.front().polarizations};
  for (Description& d : chosen) {
    if (d.polarizations != result.polarizations)
      refuse(path, "Expected the same polarizations in every spectral window but found several set-ups", advice);
    if (!result.windows.empty() && !(d.window.freq_hz.front() > result.windows.back().freq_hz.back()))
      refuse(path, "Expected spectral windows that do not overlap but two do", advice);
    result.windows.push_back(std::move(d.window));
  }
  return result;
}

std::vector<char> choose_fields(const std::vector<std::string>& names, const std::string& path, const Choice& choice) {
  std::vector<char> chosen(names.size(), choice.any_field());
  const auto absent = [&](const std::string& what) {
    std::string all;
    for (std::size_t id = 0; id < names.size(); ++id)
      all += (id == 0 ? "" : ", ") + std::to_string(id) + " \"" + names[id] + "\"";
    throw Error(code::kInvalidArgument, "Expected fields of " + path + " but asked for " + what + ". There are " + all,
                path);
  };
  for (std::size_t id : choice.field_ids) id < names.size() ? void(chosen[id] = 1) : absent(std::to_string(id));
  for (const std::string& name : choice.field_names) {
    bool found = false;
    for (std::size_t id = 0; id < names.size(); ++id)
      if (names[id] == name) {
        chosen[id] = 1;
        found = true;
      }
    if (!found) absent("\"" + name + "\"");
  }
  return chosen;
}

void require_one_direction(const Observation& observation, const std::vector<std::uint32_t>& field_of_time,
                           const std::vector<std::string>& names, const std::string& path) {
  constexpr double kTracking = 60 * kArcsec, kDrift = kDegree;
  const auto& center = observation.phase_center;
  bool tracks = true, drifts = true;
  for (std::size_t t = 1; t < center.size() && tracks; ++t)
    tracks = norm(unit_vector(center[t]) - unit_vector(center[0])) < kTracking;
  if (tracks) return;
  const auto apparent = [&](std::size_t t) {
    return apparent_itrf(center[t], observation.time_mjd_s[t], observation.site, observation.earth_orientation);
  };
  const Vec3 first = apparent(0);
  for (std::size_t t = 1; t < center.size() && drifts; ++t) drifts = norm(apparent(t) - first) < kDrift;
  if (drifts) return;
  std::string all;
  for (std::uint32_t field = 0; field < names.size(); ++field) {
    const auto at = std::find(field_of_time.begin(), field_of_time.end(), field);
    if (at == field_of_time.end()) continue;
    const auto t = static_cast<std::size_t>(at - field_of_time.begin());
    all += printed("%s%u \"%s\" (%.4f, %.4f)", all.empty() ? "" : ", ", field, names[field].c_str(),
                   std::fmod(center[t].ra_rad / kDegree + 360, 360), center[t].dec_rad / kDegree);
  }
  refuse(path, "Expected one field, or fields that drift through one pointing, but found several directions",
         ". Choose a field, by its number or its name, from " + all + " (ICRS, degrees)");
}

}  // namespace contimg::ms
