#include "uvh5/file_source.h"

#include <algorithm>
#include <array>
#include <complex>
#include <numeric>

#include "coordinates/apparent.h"
#include "coordinates/site.h"
#include "core/constants.h"
#include "core/error.h"
#include "core/nd_array.h"
#include "core/normalize.h"
#include "core/read_ahead.h"
#include "uvh5/group_check.h"
#include "uvh5/phasing.h"
#include "uvh5/uvh5_header.h"
#include "uvh5/uvh5_reader.h"

namespace contimg {
namespace {

constexpr std::size_t kBlockBytes = 32 << 20;

struct FileHeader {
  Uvh5Header header;
  Phasing phasing;
};

FileHeader read_headers(const Uvh5Reader& reader) {
  const auto lock = hdf5_lock();
  return {read_any_header(reader.file(), reader.n_rows(), reader.n_channels(), reader.n_pols()),
          read_phasing(reader.file(), reader.n_rows())};
}

/// Rows of the file in the order of an observation: by time, and by phase center within one time.
std::vector<std::uint32_t> rows_in_order(const FileHeader& file) {
  std::vector<std::uint32_t> rows(file.header.time_jd.size());
  std::iota(rows.begin(), rows.end(), 0u);
  const auto center = [&](std::uint32_t row) { return file.phasing.unprojected ? 0 : file.phasing.center_of_row[row]; };
  std::stable_sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
    const double time_a = file.header.time_jd[a], time_b = file.header.time_jd[b];
    return time_a != time_b ? time_a < time_b : center(a) < center(b);
  });
  return rows;
}

void add_integration(const FileHeader& file, std::uint32_t row, Observation& o) {
  const double time = (file.header.time_jd[row] - kMjdOfJd) * kSecondsPerDay;
  const Direction center = file.phasing.unprojected
                               ? meridian_icrs(o.site.latitude_rad, time, o.site, o.earth_orientation)
                               : file.phasing.centers.at(file.phasing.center_of_row[row]);
  o.time_mjd_s.push_back(time);
  o.integration_s.push_back(file.header.integration_s[row]);
  o.phase_center.push_back(center);
  o.pointing.push_back(center);
}

bool begins_integration(const FileHeader& file, std::uint32_t row, std::uint32_t before) {
  return file.header.time_jd[row] != file.header.time_jd[before] ||
         (!file.phasing.unprojected && file.phasing.center_of_row[row] != file.phasing.center_of_row[before]);
}

/// Polarizations in the order of AIPS, CASA and FITS: XX XY YX YY, RR RL LR LL, I Q U V.
std::vector<std::size_t> polarization_order(const std::vector<int>& codes) {
  constexpr std::array<int, 12> kOrder{-5, -7, -8, -6, -1, -3, -4, -2, 1, 2, 3, 4};
  const auto rank = [&](std::size_t i) { return std::find(kOrder.begin(), kOrder.end(), codes[i]); };
  std::vector<std::size_t> order(codes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  return order;
}

/// Throws where the stored uvw is not, coarsely, that of antenna 2 minus antenna 1 towards the phase center: other
/// programs' models of precession and Earth rotation differ by up to 1e-3 of the baseline, a sign by twice its length.
void require_uvw(const Uvh5Header& header, std::uint32_t row, Vec3 expected, const char* towards) {
  const Vec3 stored{header.uvw_m[3 * row], header.uvw_m[3 * row + 1], header.uvw_m[3 * row + 2]};
  if (norm(stored - expected) <= 1e-2 * norm(expected) + 0.1) return;
  const auto shown = [](Vec3 v) {
    return "(" + std::to_string(v.x) + ", " + std::to_string(v.y) + ", " + std::to_string(v.z) + ")";
  };
  throw Error(code::kUvh5Format,
              header.path + ": Expected Header/uvw_array of row " + std::to_string(row) + " to be near " +
                  shown(expected) + " m, antenna 2 minus antenna 1 seen from " + towards + ", but it is " +
                  shown(stored) + (norm(stored + expected) < 1e-2 * norm(expected) ? ": the opposite sign" : ""),
              header.path);
}

void add_channels(Uvh5Header& header, bool descending, Observation& o) {
  require_ordered_channels(header);
  o.freq_hz = std::move(header.freq_hz);
  o.channel_width_hz = std::move(header.channel_width_hz);
  o.spw_first_channel = {0};
  if (!descending) return;
  std::reverse(o.freq_hz.begin(), o.freq_hz.end());
  std::reverse(o.channel_width_hz.begin(), o.channel_width_hz.end());
}

/// Arrays of some rows of the file, in its order, and in ours of channels and polarizations.
struct FileBlock {
  NdArray<std::complex<float>, 3> visibilities;
  NdArray<std::uint8_t, 3> flags;
  NdArray<float, 3> weights;

  void read(const Uvh5Reader& reader, const Uvh5Selection& selection, const JobContext& context) {
    const std::array<std::size_t, 3> shape{selection.n_rows(), selection.n_channels, selection.polarizations.size()};
    visibilities = NdArray<std::complex<float>, 3>::uninitialized(shape);
    flags = NdArray<std::uint8_t, 3>::uninitialized(shape);
    weights = NdArray<float, 3>::uninitialized(shape);
    reader.read<float>(selection, {visibilities.view(), flags.view(), weights.view()}, 0, context);
    normalize(visibilities.data(), flags.data(), weights.data(), flags.size());
  }
};

}  // namespace

Uvh5FileSource::Uvh5FileSource(const std::string& path, const EarthOrientation& orientation) : path_(path) {
  const Uvh5Reader reader(path);
  FileHeader file = read_headers(reader);
  reader.file().raw().require_unchanged();
  stamp_ = reader.file().raw().stamp();
  Uvh5Header& header = file.header;
  Observation& o = observation_;
  o.telescope_name = header.telescope_name;
  o.site = header.site;
  o.earth_orientation = orientation;
  const Vec3 origin = itrf_of_site(header.site);
  for (const Antenna& antenna : header.antennas)
    o.antennas.push_back({antenna.name, antenna.position_m + origin, antenna.diameter_m});
  polarizations_ = polarization_order(header.polarizations);
  for (std::size_t index : polarizations_) o.polarizations.push_back(header.polarizations[index]);

  const std::vector<std::uint32_t> rows = rows_in_order(file);
  const UvwFrame zenith = hadec_frame(0, o.site.latitude_rad, o.site);
  UvwFrame frame;
  place_of_row_.resize(rows.size());
  to_zenith_.identity = !file.phasing.unprojected;
  for (std::uint32_t k = 0; k < rows.size(); ++k) {
    const std::uint32_t row = rows[k];
    place_of_row_[row] = k;
    if (k == 0 || begins_integration(file, row, rows[k - 1])) {
      add_integration(file, row, o);
      frame = uvw_frame(o.phase_center.back(), o.time_mjd_s.back(), o.site, orientation);
    }
    o.integration_s.back() = std::max(o.integration_s.back(), header.integration_s[row]);
    o.time_index.push_back(static_cast<std::uint32_t>(o.time_mjd_s.size() - 1));
    o.antenna1.push_back(header.antenna1[row]);
    o.antenna2.push_back(header.antenna2[row]);
    const Vec3 baseline =
        header.antennas[header.antenna2[row]].position_m - header.antennas[header.antenna1[row]].position_m;
    o.uvw_m.push_back(uvw_of_baseline(frame, baseline));
    to_zenith_.delay_s.push_back(o.uvw_m.back().z / kSpeedOfLight);
    if (file.phasing.unprojected)
      require_uvw(header, row, uvw_of_baseline(zenith, baseline), "the zenith");
    else
      require_uvw(header, row, o.uvw_m.back(), "the phase center");
  }
  descending_ = header.freq_hz.front() > header.freq_hz.back();
  add_channels(header, descending_, o);
  o.history.push_back(file.phasing.unprojected ? "Read a UVH5 file, conjugated, and phased to the zenith"
                                               : "Read a UVH5 file, conjugated");
}

void Uvh5FileSource::read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) {
  const Uvh5Reader reader(path_);
  if (reader.file().raw().stamp() != stamp_) refuse_changed(path_);
  const std::size_t n_rows = reader.n_rows(), per_block = reader.rows_per_block(kBlockBytes);
  read_ahead<FileBlock>(
      (n_rows + per_block - 1) / per_block,
      [&, quiet = context.quiet()](std::size_t index, FileBlock& file) {
        Uvh5Selection selection = reader.everything();
        selection.rows = {{index * per_block, std::min(per_block, n_rows - index * per_block)}};
        selection.channels_reversed = descending_;
        selection.polarizations = polarizations_;
        file.read(reader, selection, quiet);
      },
      [&](std::size_t index, FileBlock& file) {
        const std::size_t first = index * per_block;
        context.checkpoint(static_cast<double>(first) / static_cast<double>(n_rows));
        hand_over({first, 0, file.visibilities.view(), file.flags.view(), file.weights.view()}, consume);
      });
  context.checkpoint(1);
}

/// Runs of rows that are consecutive in the observation too.
void Uvh5FileSource::hand_over(const VisibilityBlock& file,
                               const std::function<void(VisibilityBlock&)>& consume) const {
  const std::uint32_t* place = place_of_row_.data() + file.first_row;
  const std::size_t n_rows = file.flags.shape(0);
  for (std::size_t begin = 0, end; begin < n_rows; begin = end) {
    for (end = begin + 1; end < n_rows && place[end] == place[end - 1] + 1;) ++end;
    const std::array<std::size_t, 3> shape{end - begin, file.flags.shape(1), file.flags.shape(2)};
    VisibilityBlock block{place[begin],
                          0,
                          {&file.visibilities(begin, 0, 0), shape},
                          {&file.flags(begin, 0, 0), shape},
                          {&file.weights(begin, 0, 0), shape}};
    rephase(block, to_zenith_, observation_.freq_hz);
    consume(block);
  }
}

bool is_foreign_file(const std::string& path) {
  const auto lock = hdf5_lock();
  return !is_correlator_file(Hdf5File(path));
}

}  // namespace contimg
