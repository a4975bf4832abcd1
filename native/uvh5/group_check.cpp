#include "uvh5/group_check.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "coordinates/apparent.h"
#include "core/constants.h"
#include "core/error.h"

namespace contimg {
namespace {

[[noreturn]] void refuse(const Uvh5Header& header, const std::string& message) {
  throw Error(code::kUvh5Format, header.path + ": " + message, header.path);
}

std::size_t rows_of_first_integration(const std::vector<double>& time_jd) {
  const auto other = [&](double time) { return time != time_jd[0]; };
  return static_cast<std::size_t>(std::find_if(time_jd.begin(), time_jd.end(), other) - time_jd.begin());
}

std::string to_text(Vec3 v) {
  return "(" + std::to_string(v.x) + ", " + std::to_string(v.y) + ", " + std::to_string(v.z) + ")";
}

}  // namespace

void require_regular_rows(const Uvh5Header& header) {
  const std::vector<double>& time = header.time_jd;
  const std::size_t n_baselines = rows_of_first_integration(time);
  for (std::size_t row = n_baselines; row < time.size(); ++row) {
    const bool starts = row % n_baselines == 0;
    const bool time_fits = starts ? time[row] > time[row - 1] : time[row] == time[row - 1];
    const std::size_t above = row - n_baselines;
    const bool baseline_fits =
        header.antenna1[row] == header.antenna1[above] && header.antenna2[row] == header.antenna2[above];
    if (!time_fits || !baseline_fits)
      refuse(header, "Expected integrations in ascending time, each of the same " + std::to_string(n_baselines) +
                         " baselines in the same order, but row " + std::to_string(row) + " differs in " +
                         (time_fits ? "its baseline" : "time"));
    if (header.integration_s[row] != header.integration_s[row - 1] && !starts)
      refuse(header, "Expected one integration_time per integration but row " + std::to_string(row) + " differs");
  }
  if (time.size() % n_baselines != 0)
    refuse(header, "Expected whole integrations of " + std::to_string(n_baselines) + " baselines but there are " +
                       std::to_string(time.size()) + " rows");
}

void require_ordered_channels(const Uvh5Header& header) {
  const std::vector<double>& freq = header.freq_hz;
  if (std::adjacent_find(freq.begin(), freq.end(), std::greater_equal<double>()) != freq.end() &&
      std::adjacent_find(freq.begin(), freq.end(), std::less_equal<double>()) != freq.end())
    refuse(header, "Expected Header/freq_array to ascend or to descend");
}

void require_uvw_of_positions(const Uvh5Header& header) {
  // The file's uvw are not used: this finds baselines whose sign or order, or a declination whose value, is not what it
  // is taken to be; each of those moves most baselines by a good part of their length. Honest files differ by less:
  // axes of J2000 in place of the date's by the precession, 20" a year, 2.5 mrad in 2026 and 5 mrad in 2051; aberration
  // by 0.1 mrad; another location of the array (250 m among those in use) by 0.04 mrad; float32 by 0.1 mm; positions
  // that were surveyed anew by centimetres.
  constexpr double kToleranceM = 0.1, kToleranceRad = 5e-3;
  const UvwFrame frame = hadec_frame(0, header.pointing_dec_rad, header.site);
  for (std::size_t row = 0; row < header.antenna1.size(); ++row) {
    const Vec3 baseline =
        header.antennas[header.antenna2[row]].position_m - header.antennas[header.antenna1[row]].position_m;
    const Vec3 expected = uvw_of_baseline(frame, baseline);
    const Vec3 stored{header.uvw_m[3 * row], header.uvw_m[3 * row + 1], header.uvw_m[3 * row + 2]};
    if (!(norm(stored - expected) <= kToleranceM + kToleranceRad * norm(baseline)))
      refuse(
          header,
          "Expected Header/uvw_array of row " + std::to_string(row) + " to be " + to_text(expected) +
              " m, antenna 2 minus antenna 1 seen from HA 0 and the pointing declination, but it is " +
              to_text(stored) +
              (norm(stored + expected) <= kToleranceM + kToleranceRad * norm(baseline) ? ": the opposite sign" : ""));
  }
}

void require_same_observation(const Uvh5Header& first, const Uvh5Header& other) {
  const auto require = [&](bool same, const char* dataset) {
    if (!same)
      throw Error(code::kInconsistentGroup, std::string("Expected the files of a group to agree in ") + dataset +
                                                " but " + other.path + " differs from " + first.path +
                                                ". They are of different observations: group them again");
  };
  require(first.time_jd == other.time_jd, "Header/time_array");
  require(first.integration_s == other.integration_s, "Header/integration_time");
  require(first.antenna1 == other.antenna1, "Header/ant_1_array");
  require(first.antenna2 == other.antenna2, "Header/ant_2_array");
  require(first.polarizations == other.polarizations, "Header/polarization_array");
  require(first.pointing_dec_rad == other.pointing_dec_rad, "Header/extra_keywords/phase_center_dec");
  require(first.telescope_name == other.telescope_name, "Header/telescope_name");
  require(first.site.longitude_rad == other.site.longitude_rad, "Header/longitude");
  require(first.site.latitude_rad == other.site.latitude_rad, "Header/latitude");
  require(first.site.height_m == other.site.height_m, "Header/altitude");
  require(first.antennas.size() == other.antennas.size(), "Header/Nants_telescope");
  for (std::size_t i = 0; i < first.antennas.size(); ++i) {
    const Antenna &a = first.antennas[i], &b = other.antennas[i];
    require(a.name == b.name, "Header/antenna_names");
    require(norm(a.position_m - b.position_m) == 0, "Header/antenna_positions");
    require(a.diameter_m == b.diameter_m, "Header/antenna_diameters");
  }
}

void require_distinct_channels(const std::vector<Uvh5Header>& headers) {
  for (std::size_t i = 1; i < headers.size(); ++i) {
    const Uvh5Header &below = headers[i - 1], &above = headers[i];
    if (below.freq_hz == above.freq_hz)
      throw Error(code::kIncompleteGroup, "Expected every subband once but " + below.path + " and " + above.path +
                                              " are of the same one. Leave one of them out");
    const auto edge = [](const Uvh5Header& header, bool upper) {
      const auto [low, high] = std::minmax_element(header.freq_hz.begin(), header.freq_hz.end());
      const auto at = upper ? high : low;
      const double half = header.channel_width_hz[static_cast<std::size_t>(at - header.freq_hz.begin())] / 2;
      return upper ? *at + half : *at - half;
    };
    const double slack = 1e-3 * above.channel_width_hz[0];  // channel edges that touch, rounded
    if (edge(below, true) > edge(above, false) + slack)
      throw Error(code::kInconsistentGroup, "Expected subbands that do not overlap but the channels of " + below.path +
                                                " reach into those of " + above.path);
  }
}

}  // namespace contimg
