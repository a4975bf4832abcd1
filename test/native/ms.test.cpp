#include <doctest/doctest.h>

#include <casacore/tables/Tables/ArrayColumn.h>
#include <casacore/tables/Tables/Table.h>
#include <casacore/tables/Tables/TableRecord.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <random>

#include "coordinates/apparent.h"
#include "coordinates/rephase.h"
#include "coordinates/site.h"
#include "core/constants.h"
#include "core/error.h"
#include "core/source_arrays.h"
#include "ms/ms_source.h"
#include "ms/ms_validate.h"
#include "ms/ms_write.h"
#include "ms/polarization_codes.h"
#include "temporary_folder.h"

using namespace contimg;

namespace {

/// Random visibilities of five antennas on the meridian, in memory: two spectral windows of three and two channels,
/// handed over in blocks that respect neither windows nor integrations.
class RandomSource final : public VisibilitySource {
 public:
  explicit RandomSource(EarthOrientation orientation = {}) {
    Observation& o = observation_;
    o.telescope_name = "NOWHERE";
    o.site = {-2.064427799136453, 0.6498455107238486, 1188.0519};
    o.earth_orientation = orientation;
    for (int k = 0; k < 5; ++k)
      o.antennas.push_back(
          {"A" + std::to_string(k), itrf_of_site(o.site) + Vec3{10.0 * k * k, 300.0 * k, -70.0 * (k % 3)}, 4.65});
    o.freq_hz = {1.30e9, 1.31e9, 1.32e9, 1.40e9, 1.41e9};
    o.channel_width_hz = {1e7, 1e7, 1e7, 1e7, 1e7};
    o.spw_first_channel = {0, 3};
    o.polarizations = {-5, -7, -8, -6};
    for (std::uint32_t t = 0; t < 3; ++t) add_integration(t);
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    const std::array<std::size_t, 3> shape{o.n_rows(), o.n_channels(), o.n_pols()};
    all = {NdArray<std::complex<float>, 3>(shape), NdArray<std::uint8_t, 3>(shape), NdArray<float, 3>(shape)};
    for (auto& v : all.visibilities) v = {normal(random), normal(random)};
    for (auto& flag : all.flags) flag = random() % 8 == 0;
    for (auto& weight : all.weights) weight = random() % 10 == 0 ? 0 : std::abs(normal(random)) + 0.1f;
    for (std::size_t i = 0; i < 20; ++i) all.flags.data()[i] = 1;  // a whole row
  }

  const Observation& observation() const override { return observation_; }
  void read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) override {
    const std::size_t n_rows = observation_.n_rows();
    for (auto [channel, n_channels] : {std::pair<std::size_t, std::size_t>{4, 1}, {0, 2}, {2, 2}})
      for (std::size_t row = 0; row < n_rows; row += 7) {
        context.checkpoint(static_cast<double>(row) / static_cast<double>(n_rows));
        const std::array<std::size_t, 3> shape{std::min<std::size_t>(7, n_rows - row), n_channels, 4};
        NdArray<std::complex<float>, 3> visibilities(shape);
        NdArray<std::uint8_t, 3> flags(shape);
        NdArray<float, 3> weights(shape);
        for (std::size_t r = 0; r < shape[0]; ++r)
          for (std::size_t c = 0; c < n_channels; ++c)
            for (std::size_t p = 0; p < 4; ++p) {
              visibilities(r, c, p) = all.visibilities(row + r, channel + c, p);
              flags(r, c, p) = all.flags(row + r, channel + c, p);
              weights(r, c, p) = all.weights(row + r, channel + c, p);
            }
        VisibilityBlock block{row, channel, visibilities.view(), flags.view(), weights.view()};
        consume(block);
      }
  }

  SourceArrays all;

 private:
  void add_integration(std::uint32_t t) {
    Observation& o = observation_;
    const double time = 61065.9167 * kSecondsPerDay + 12.884902 * t;
    const Direction center = meridian_icrs(16.15 * kDegree, time, o.site, o.earth_orientation);
    o.time_mjd_s.push_back(time);
    o.integration_s.push_back(12.884902);
    o.phase_center.push_back(center);
    o.pointing.push_back(center);
    const UvwFrame frame = uvw_frame(center, time, o.site, o.earth_orientation);
    for (std::uint32_t b = 0; b < o.antennas.size(); ++b)
      for (std::uint32_t a = 0; a <= b; ++a) {
        o.time_index.push_back(t);
        o.antenna1.push_back(a);
        o.antenna2.push_back(b);
        o.uvw_m.push_back(uvw_of_baseline(frame, o.antennas[b].position_m - o.antennas[a].position_m));
      }
  }
  Observation observation_;
};

bool same(Vec3 a, Vec3 b) { return a.x == b.x && a.y == b.y && a.z == b.z; }
bool same(Direction a, Direction b) { return a.ra_rad == b.ra_rad && a.dec_rad == b.dec_rad; }

ms::WriteOptions with_autocorrelations() {
  ms::WriteOptions options;
  options.autocorrelations = true;
  return options;
}

template <typename Change>
void change_table(const std::string& path, Change change) {
  casacore::Table table(path, casacore::Table::Update);
  change(table);
}

std::string code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

}  // namespace

TEST_CASE("an MS gives back its source to the bit") {
  const TemporaryFolder folder;
  RandomSource source({0.1, 1e-6, 2e-6});
  ms::write_ms(source, folder / "a.ms", with_autocorrelations(), JobContext());
  CHECK(folder.entries() == 1);

  ms::MsSource ms(folder / "a.ms", {});
  const Observation &from = source.observation(), &back = ms.observation();
  CHECK(back.site.longitude_rad == from.site.longitude_rad);
  CHECK(back.site.latitude_rad == from.site.latitude_rad);
  CHECK(back.site.height_m == from.site.height_m);
  CHECK(back.earth_orientation.ut1_minus_utc_s == from.earth_orientation.ut1_minus_utc_s);
  CHECK(back.earth_orientation.y_pole_rad == from.earth_orientation.y_pole_rad);
  CHECK(back.telescope_name == from.telescope_name);
  CHECK(back.freq_hz == from.freq_hz);
  CHECK(back.channel_width_hz == from.channel_width_hz);
  CHECK(back.spw_first_channel == from.spw_first_channel);
  CHECK(back.polarizations == from.polarizations);
  CHECK(back.time_mjd_s == from.time_mjd_s);
  CHECK(back.integration_s == from.integration_s);
  CHECK(back.time_index == from.time_index);
  CHECK(back.antenna1 == from.antenna1);
  CHECK(back.antenna2 == from.antenna2);
  for (std::size_t t = 0; t < from.time_mjd_s.size(); ++t) {
    CHECK(same(back.phase_center[t], from.phase_center[t]));
    CHECK(same(back.pointing[t], from.pointing[t]));
  }
  for (std::size_t k = 0; k < from.antennas.size(); ++k)
    CHECK(same(back.antennas[k].position_m, from.antennas[k].position_m));
  for (std::size_t row = 0; row < from.n_rows(); ++row) CHECK(same(back.uvw_m[row], from.uvw_m[row]));

  const SourceArrays arrays = read_all(ms, JobContext());
  for (std::size_t i = 0; i < arrays.flags.size(); ++i) {
    REQUIRE(arrays.visibilities.data()[i] == source.all.visibilities.data()[i]);
    REQUIRE(arrays.weights.data()[i] == source.all.weights.data()[i]);
    REQUIRE(arrays.flags.data()[i] == (source.all.flags.data()[i] || source.all.weights.data()[i] == 0));
  }
}

TEST_CASE("one field holds what rephasing the source gives, to the bit") {
  const TemporaryFolder folder;
  RandomSource source;
  ms::WriteOptions options = with_autocorrelations();
  options.fields = ms::FieldLayout::kSingle;
  options.center = Direction{5.9, 0.27};
  ms::write_ms(source, folder / "one.ms", options, JobContext());
  options.fields = ms::FieldLayout::kMeridian;
  ms::write_ms(source, folder / "many.ms", options, JobContext());

  const Rephasing plan = plan_rephase(source.observation(), *options.center);
  VisibilityBlock whole{0, 0, source.all.visibilities.view(), source.all.flags.view(), source.all.weights.view()};
  rephase(whole, plan, source.observation().freq_hz);

  for (const char* name : {"one.ms", "many.ms"}) {
    ms::MsSource ms(folder / name, {});
    const Rephasing again = plan_rephase(ms.observation(), *options.center);
    CHECK(again.identity == (std::string(name) == "one.ms"));
    SourceArrays arrays = read_all(ms, JobContext());
    VisibilityBlock block{0, 0, arrays.visibilities.view(), arrays.flags.view(), arrays.weights.view()};
    rephase(block, again, ms.observation().freq_hz);
    for (std::size_t row = 0; row < plan.uvw_m.size(); ++row) REQUIRE(same(again.uvw_m[row], plan.uvw_m[row]));
    for (std::size_t i = 0; i < arrays.visibilities.size(); ++i)
      REQUIRE(arrays.visibilities.data()[i] == source.all.visibilities.data()[i]);
  }
}

TEST_CASE("autocorrelations are left out unless asked for") {
  const TemporaryFolder folder;
  RandomSource source;
  ms::write_ms(source, folder / "a.ms", {}, JobContext());
  ms::MsSource ms(folder / "a.ms", {});
  CHECK(ms.observation().n_rows() == 30);
  const SourceArrays arrays = read_all(ms, JobContext());
  std::size_t kept = 0;
  for (std::size_t row = 0; row < source.observation().n_rows(); ++row) {
    if (source.observation().antenna1[row] == source.observation().antenna2[row]) continue;
    CHECK(ms.observation().antenna2[kept] == source.observation().antenna2[row]);
    CHECK(arrays.visibilities(kept, 4, 3) == source.all.visibilities(row, 4, 3));
    ++kept;
  }
  CHECK(kept == 30);
}

TEST_CASE("without the site's keyword the site is the middle of the antennas") {
  const TemporaryFolder folder;
  RandomSource source;
  ms::write_ms(source, folder / "a.ms", {}, JobContext());
  change_table(folder / "a.ms/OBSERVATION", [](casacore::Table& table) {
    table.rwKeywordSet().removeField("CONTIMG_SITE");
    table.rwKeywordSet().removeField("CONTIMG_EARTH_ORIENTATION");
  });
  const Observation observation = ms::MsSource(folder / "a.ms", {0.25, 0, 0}).observation();
  CHECK(norm(itrf_of_site(observation.site) - source.observation().antennas[0].position_m) < 2000);
  CHECK(observation.earth_orientation.ut1_minus_utc_s == 0.25);
}

TEST_CASE("the validation finds what is wrong") {
  const TemporaryFolder folder;
  RandomSource source;
  const std::string path = folder / "a.ms";
  ms::write_ms(source, path, {}, JobContext());
  CHECK_NOTHROW(ms::validate_ms(path, {}));
  const auto code = [&] { return code_of([&] { ms::validate_ms(path, {}); }); };
  const auto put = [&](const std::string& table, const char* column, std::size_t row, std::size_t index, double value) {
    change_table(path + table, [&](casacore::Table& opened) {
      casacore::ArrayColumn<double> cells(opened, column);
      casacore::Array<double> cell = cells(row);
      cell.data()[index] = value;
      cells.put(row, cell);
    });
  };
  SUBCASE("UVW of another sign") { put("", "UVW", 3, 0, -100); }
  SUBCASE("UVW that is not finite") { put("", "UVW", 50, 2, std::nan("")); }
  SUBCASE("a field that does not follow the meridian") { put("/FIELD", "PHASE_DIR", 1, 0, 5.88); }
  SUBCASE("REFERENCE_DIR that was forgotten") { put("/FIELD", "REFERENCE_DIR", 2, 1, 0.1); }
  SUBCASE("channels that descend") { put("/SPECTRAL_WINDOW", "CHAN_FREQ", 0, 0, 1.35e9); }
  SUBCASE("windows that overlap") { put("/SPECTRAL_WINDOW", "CHAN_FREQ", 0, 2, 1.405e9); }
  SUBCASE("an antenna on another continent") { put("/ANTENNA", "POSITION", 0, 0, 5e6); }
  SUBCASE("a TIME_RANGE elsewhere") { put("/OBSERVATION", "TIME_RANGE", 0, 0, 5.3e9); }
  SUBCASE("two observations") {
    change_table(path + "/OBSERVATION", [](casacore::Table& table) { table.addRow(); });
  }
  SUBCASE("a missing column") {
    change_table(path, [](casacore::Table& table) { table.removeColumn("SIGMA"); });
  }
  SUBCASE("a missing subtable") {
    change_table(path, [](casacore::Table& table) { table.rwKeywordSet().removeField("FEED"); });
  }
  CHECK(code() == "MEASUREMENT_SET");
}

TEST_CASE("some rows of a MeasurementSet are those of all") {
  const TemporaryFolder folder;
  RandomSource source;
  const std::string path = folder / "a.ms";
  ms::write_ms(source, path, {}, JobContext());
  ms::MsSource read(path, {});
  const SourceArrays all = read_all(read, JobContext());
  const RowRange rows{3, 11};
  std::size_t n = 0;
  read.read_rows(
      rows,
      [&](VisibilityBlock& block) {
        for (std::size_t r = 0; r < block.visibilities.shape(0); ++r)
          for (std::size_t k = 0; k < block.visibilities.shape(1); ++k, ++n) {
            const std::size_t row = block.first_row + r;
            CHECK(row >= rows.first);
            CHECK(row < rows.end());
            CHECK(block.visibilities(r, k, 0) == all.visibilities(row, block.first_channel + k, 0));
          }
      },
      JobContext());
  CHECK(n == rows.count * read.observation().n_channels());
}

TEST_CASE("a source that fails, and a cancelled job, leave nothing") {
  const TemporaryFolder folder;
  RandomSource source;
  JobContext context;
  CHECK_THROWS_AS(ms::write_ms(source, folder / "a.ms", {},
                               [&] {
                                 context.cancel();
                                 return context;
                               }()),
                  Cancelled);
  CHECK(folder.entries() == 0);
  class Failing final : public VisibilitySource {
   public:
    explicit Failing(RandomSource& source) : source_(source) {}
    const Observation& observation() const override { return source_.observation(); }
    void read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) override {
      source_.read(
          [&](VisibilityBlock& block) {
            if (block.first_row > 20) throw Error(code::kUvh5Format, "truncated", "x.hdf5");
            consume(block);
          },
          context);
    }
    RandomSource& source_;
  } failing(source);
  CHECK(code_of([&] { ms::write_ms(failing, folder / "a.ms", {}, JobContext()); }) == "UVH5_FORMAT");
  CHECK(folder.entries() == 0);
}

TEST_CASE("polarization codes go there and back") {
  for (int code = -8; code <= 4; ++code)
    if (code != 0) CHECK(ms::aips_code(ms::casa_stokes(code)) == code);
  CHECK(ms::casa_stokes(-5) == 9);
  CHECK(ms::casa_stokes(-6) == 12);
  CHECK(ms::casa_stokes(-9) == 0);
  CHECK(ms::aips_code(99) == 0);
}
