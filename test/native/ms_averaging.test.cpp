// Baseline-dependent averaging against direct predictions: point sources at the edge of a field, seen by a small array
// that is fringe-stopped to the meridian, V = exp(-2 pi i nu/c b.(s - s0)) with directions from ERFA.

#include <doctest/doctest.h>

#include <casacore/tables/Tables/ArrayColumn.h>
#include <casacore/tables/Tables/ScalarColumn.h>
#include <casacore/tables/Tables/Table.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "coordinates/apparent.h"
#include "coordinates/site.h"
#include "core/constants.h"
#include "core/error.h"
#include "core/source_arrays.h"
#include "ms/averaged_source.h"
#include "ms/ms_source.h"
#include "ms/ms_validate.h"
#include "ms/ms_write.h"
#include "temporary_folder.h"

using namespace contimg;

namespace {

constexpr double kSample_s = 12.884902;
constexpr std::size_t kTimes = 12;

/// One point source of 1 Jy; weights differ from row to row.
class PointSource final : public VisibilitySource {
 public:
  explicit PointSource(double gap_s = 0) {
    Observation& o = observation_;
    o.telescope_name = "NOWHERE";
    o.site = {-2.064427799136453, 0.6498455107238486, 1188.0519};
    const Vec3 origin = itrf_of_site(o.site);
    // East and north of the site, 6 m to 1.5 km.
    const double lon = o.site.longitude_rad, lat = o.site.latitude_rad;
    const Vec3 east{-std::sin(lon), std::cos(lon), 0};
    const Vec3 north{-std::sin(lat) * std::cos(lon), -std::sin(lat) * std::sin(lon), std::cos(lat)};
    const double places[][2] = {{0, 0}, {6, 1}, {40, -5}, {150, 20}, {-5, 320}, {480, 90}, {-1000, 700}};
    for (const auto& place : places)
      o.antennas.push_back(
          {"A" + std::to_string(o.antennas.size()), origin + place[0] * east + place[1] * north, 4.65});
    o.freq_hz = {1.31e9, 1.45e9, 1.50e9};
    o.channel_width_hz = {1e6, 1e6, 1e6};
    o.spw_first_channel = {0, 1};
    o.polarizations = {-5, -6};
    for (std::size_t t = 0; t < kTimes; ++t) add_integration(t, t < 5 ? 0 : gap_s);
  }

  const Observation& observation() const override { return observation_; }

  /// Direction cosines, ICRS, from the meridian position in the middle.
  void put_source(double l, double m) {
    const Vec3 w = unit_vector(center()), pole{0, 0, 1};
    const Vec3 u = normalized(cross(pole, w)), v = cross(w, u);
    const Vec3 s = l * u + m * v + std::sqrt(1 - l * l - m * m) * w;
    source_ = {std::atan2(s.y, s.x), std::asin(s.z)};
  }
  Direction center() const { return observation_.phase_center[kTimes / 2]; }

  /// The visibility when the phase center is `center`.
  std::complex<double> predict(std::size_t a, std::size_t b, double time_mjd_s, double freq_hz,
                               const Direction& center) const {
    const Observation& o = observation_;
    const Vec3 off = apparent_itrf(source_, time_mjd_s, o.site, o.earth_orientation) -
                     apparent_itrf(center, time_mjd_s, o.site, o.earth_orientation);
    return std::polar(
        1.0, -2 * kPi * freq_hz / kSpeedOfLight * dot(o.antennas[b].position_m - o.antennas[a].position_m, off));
  }

  static float weight(std::size_t row) { return 0.5f + 0.25f * static_cast<float>(row % 3); }
  std::set<std::size_t> flagged_rows;

  void read(const std::function<void(VisibilityBlock&)>& consume, const JobContext&) override {
    const Observation& o = observation_;
    // Blocks that cut integrations, the last window first.
    constexpr std::size_t kRows = 17;
    for (auto [channel, n_channels] : {std::pair<std::size_t, std::size_t>{1, 2}, {0, 1}})
      for (std::size_t first = 0; first < o.n_rows(); first += kRows) {
        const std::array<std::size_t, 3> shape{std::min(kRows, o.n_rows() - first), n_channels, 2};
        NdArray<std::complex<float>, 3> visibilities(shape);
        NdArray<std::uint8_t, 3> flags(shape);
        NdArray<float, 3> weights(shape);
        for (std::size_t r = 0; r < shape[0]; ++r)
          for (std::size_t c = 0; c < n_channels; ++c)
            for (std::size_t p = 0; p < 2; ++p) {
              const std::size_t row = first + r, t = o.time_index[row];
              visibilities(r, c, p) = std::complex<float>(predict(o.antenna1[row], o.antenna2[row], o.time_mjd_s[t],
                                                                  o.freq_hz[channel + c], o.phase_center[t]));
              flags(r, c, p) = flagged_rows.count(row) != 0;
              weights(r, c, p) = weight(row);
              if (flags(r, c, p)) visibilities(r, c, p) = 1000;  // must take no part
            }
        VisibilityBlock block{first, channel, visibilities.view(), flags.view(), weights.view()};
        consume(block);
      }
  }

 private:
  void add_integration(std::size_t t, double late_s) {
    Observation& o = observation_;
    const double time = 61065.9167 * kSecondsPerDay + kSample_s * static_cast<double>(t) + late_s;
    const Direction center = meridian_icrs(16.15 * kDegree, time, o.site, o.earth_orientation);
    o.time_mjd_s.push_back(time);
    o.integration_s.push_back(kSample_s);
    o.phase_center.push_back(center);
    o.pointing.push_back(center);
    const UvwFrame frame = uvw_frame(center, time, o.site, o.earth_orientation);
    for (std::uint32_t b = 0; b < o.antennas.size(); ++b)
      for (std::uint32_t a = 0; a <= b; ++a) {
        o.time_index.push_back(static_cast<std::uint32_t>(t));
        o.antenna1.push_back(a);
        o.antenna2.push_back(b);
        o.uvw_m.push_back(uvw_of_baseline(frame, o.antennas[b].position_m - o.antennas[a].position_m));
      }
  }

  Observation observation_;
  Direction source_;
};

constexpr double kRadius = 2.3 * kDegree;

/// Source rows that a row of the averaged observation stands for.
std::vector<std::size_t> samples_of(const Observation& source, const Observation& averaged, std::size_t row) {
  const double middle = averaged.time_mjd_s[averaged.time_index[row]];
  const double half = averaged.integration_s[averaged.time_index[row]] / 2;
  std::vector<std::size_t> result;
  for (std::size_t from = 0; from < source.n_rows(); ++from)
    if (source.antenna1[from] == averaged.antenna1[row] && source.antenna2[from] == averaged.antenna2[row] &&
        std::abs(source.time_mjd_s[source.time_index[from]] - middle) < half)
      result.push_back(from);
  return result;
}

}  // namespace

TEST_CASE("averaging loses no more than it may at the edge of the field, and is no shorter than it must") {
  PointSource source;
  const ms::AveragingLimits limits{0.01, kRadius, 1000};
  const Observation& from = source.observation();
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> worst;
  std::size_t longest = 0;
  for (int k = 0; k < 24; ++k) {
    source.put_source(std::sin(kRadius) * std::cos(k * kPi / 12), std::sin(kRadius) * std::sin(k * kPi / 12));
    ms::AveragedSource averaged(source, source.center(), limits);
    const Observation& to = averaged.observation();
    const SourceArrays arrays = read_all(averaged, JobContext());
    for (std::size_t row = 0; row < to.n_rows(); ++row) {
      const std::pair baseline(to.antenna1[row], to.antenna2[row]);
      const auto n = static_cast<std::size_t>(std::lround(to.integration_s[to.time_index[row]] / kSample_s));
      longest = std::max(longest, n);
      for (std::size_t channel = 0; channel < 3; ++channel) {
        const double amplitude = std::abs(arrays.visibilities(row, channel, 0));
        REQUIRE(amplitude >= 1 - limits.max_smearing - 1e-6);
        worst[baseline] = std::max(worst[baseline], 1 - amplitude);
      }
    }
  }
  CHECK(longest == kTimes);
  // Nor is less averaged than might be.
  const Observation to = ms::plan_averaging(from, source.center(), limits).observation;
  std::size_t near_bound = 0;
  for (std::size_t row = 0; row < to.n_rows(); ++row)
    if (worst[{to.antenna1[row], to.antenna2[row]}] > 0.3 * limits.max_smearing) ++near_bound;
  CHECK(near_bound > 0);
  CHECK(to.n_rows() < from.n_rows() / 2);
}

TEST_CASE("averaged rows are the weighted means of a direct prediction, at their own times and places") {
  PointSource source;
  source.put_source(0.02, -0.015);
  // Of one baseline some rows are flagged, of another all.
  const Observation& from = source.observation();
  for (std::size_t row = 0; row < from.n_rows(); ++row) {
    const bool second = from.antenna1[row] == 0 && from.antenna2[row] == 1;
    if (second && from.time_index[row] % 4 == 0) source.flagged_rows.insert(row);
    if (from.antenna1[row] == 1 && from.antenna2[row] == 2) source.flagged_rows.insert(row);
  }
  const TemporaryFolder folder;
  ms::WriteOptions options;
  options.fields = ms::FieldLayout::kSingle;
  options.center = source.center();
  options.autocorrelations = true;
  options.averaging = ms::AveragingLimits{0.01, kRadius, 60};
  CHECK(ms::write_ms(source, folder / "a.ms", options, JobContext()).empty());
  ms::validate_ms(folder / "a.ms", {});

  const Observation to = ms::plan_averaging(from, source.center(), *options.averaging).observation;
  const casacore::Table table(folder / "a.ms");
  REQUIRE(table.nrow() == 2 * to.n_rows());
  const auto time = casacore::ScalarColumn<double>(table, "TIME").getColumn();
  const auto centroid = casacore::ScalarColumn<double>(table, "TIME_CENTROID").getColumn();
  const auto interval = casacore::ScalarColumn<double>(table, "INTERVAL").getColumn();
  const auto exposure = casacore::ScalarColumn<double>(table, "EXPOSURE").getColumn();
  const auto flag_row = casacore::ScalarColumn<bool>(table, "FLAG_ROW").getColumn();
  const auto weight = casacore::ArrayColumn<float>(table, "WEIGHT").getColumn();
  const auto uvw = casacore::ArrayColumn<double>(table, "UVW").getColumn();
  const casacore::ArrayColumn<casacore::Complex> data(table, "DATA");
  std::size_t most = 0, all_flagged = 0;
  for (std::size_t row = 0; row < to.n_rows(); ++row) {
    std::complex<double> sum;
    double weights = 0, times = 0, good_s = 0;
    const auto samples = samples_of(from, to, row);
    most = std::max(most, samples.size());
    for (std::size_t sample : samples) {
      if (source.flagged_rows.count(sample)) continue;
      const double t = from.time_mjd_s[from.time_index[sample]], w = PointSource::weight(sample);
      sum += w * source.predict(to.antenna1[row], to.antenna2[row], t, from.freq_hz[0], source.center());
      weights += w;
      times += w * (t - from.time_mjd_s[0]);
      good_s += kSample_s;
    }
    CHECK(time(row) == to.time_mjd_s[to.time_index[row]]);
    CHECK(interval(row) == doctest::Approx(kSample_s * static_cast<double>(samples.size())).epsilon(1e-12));
    CHECK(exposure(row) == doctest::Approx(good_s).epsilon(1e-12));
    CHECK(weight(casacore::IPosition(2, 0, row)) == doctest::Approx(weights).epsilon(1e-6));
    CHECK(flag_row(row) == (weights == 0));
    if (weights == 0) {
      ++all_flagged;
      CHECK(data(row)(casacore::IPosition(2, 0, 0)) == casacore::Complex(0));
      continue;
    }
    const double at = from.time_mjd_s[0] + times / weights;
    CHECK(centroid(row) == doctest::Approx(at).epsilon(1e-15));
    const std::complex<double> found = std::conj(data(row)(casacore::IPosition(2, 0, 0)));
    CHECK(std::abs(found - sum / weights) < 2e-5);
    // The row stands where its phase says: at TIME_CENTROID, for UVW there.
    CHECK(std::abs(std::arg(found / source.predict(to.antenna1[row], to.antenna2[row], at, from.freq_hz[0],
                                                   source.center()))) < 1e-3);
    const UvwFrame frame = uvw_frame(source.center(), at, from.site, from.earth_orientation);
    const Vec3 expected =
        uvw_of_baseline(frame, from.antennas[to.antenna2[row]].position_m - from.antennas[to.antenna1[row]].position_m);
    CHECK(norm(expected - Vec3{uvw(casacore::IPosition(2, 0, row)), uvw(casacore::IPosition(2, 1, row)),
                               uvw(casacore::IPosition(2, 2, row))}) < 1e-5);
  }
  CHECK(most == 4);
  CHECK(all_flagged > 0);
}

TEST_CASE("nothing is averaged across a gap") {
  const PointSource source(40);
  const ms::AveragingPlan plan = ms::plan_averaging(source.observation(), source.center(), {0.01, kRadius, 1000});
  CHECK(std::any_of(plan.bins.begin(), plan.bins.end(), [](const auto& bin) { return bin.n_times == 5; }));
  for (const auto& bin : plan.bins) CHECK((bin.first_time >= 5 || bin.first_time + bin.n_times <= 5));
}

TEST_CASE("averaging is of a single field") {
  PointSource source;
  const TemporaryFolder folder;
  ms::WriteOptions options;
  options.averaging = ms::AveragingLimits{0.01, kRadius, 60};
  CHECK_THROWS_AS(ms::write_ms(source, folder / "a.ms", options, JobContext()), Error);
  CHECK(folder.entries() == 0);
}
