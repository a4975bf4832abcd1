#include "uvh5/group_source.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>

#include "coordinates/apparent.h"
#include "coordinates/site.h"
#include "core/constants.h"
#include "core/error.h"
#include "core/nd_array.h"
#include "uvh5/group_check.h"
#include "uvh5/uvh5_reader.h"

namespace contimg {
namespace {

constexpr std::size_t kMaxSubbands = 16;
constexpr std::size_t kBlockBytes = 64 << 20;  // of visibilities in memory at a time

Uvh5Header read_header(const std::string& path) {
  const Uvh5Reader reader(path);
  const auto lock = hdf5_lock();
  return read_uvh5_header(reader.file(), reader.n_rows(), reader.n_channels(), reader.n_pols());
}

void require_enough(std::size_t n_files, std::size_t min_subbands) {
  if (n_files == 0 || n_files > kMaxSubbands)
    throw Error(code::kInvalidArgument,
                "Expected 1 to 16 subband files of one group but received " + std::to_string(n_files));
  if (n_files < min_subbands)
    throw Error(code::kIncompleteGroup, "Expected at least " + std::to_string(min_subbands) +
                                            " subbands but the group holds " + std::to_string(n_files) +
                                            ". Wait for the others, or accept fewer");
}

/// Everything but the channels and what depends on the direction.
Observation observation_of_rows(const Uvh5Header& header, const EarthOrientation& orientation) {
  Observation result;
  result.telescope_name = header.telescope_name;
  result.site = header.site;
  result.earth_orientation = orientation;
  result.polarizations = header.polarizations;
  const Vec3 origin = itrf_of_site(header.site);
  for (Antenna antenna : header.antennas) {
    antenna.position_m = antenna.position_m + origin;
    result.antennas.push_back(antenna);
  }
  for (std::size_t row = 0; row < header.time_jd.size(); ++row) {
    if (row == 0 || header.time_jd[row] != header.time_jd[row - 1]) {
      result.time_mjd_s.push_back((header.time_jd[row] - kMjdOfJd) * kSecondsPerDay);
      result.integration_s.push_back(header.integration_s[row]);
    }
    result.time_index.push_back(static_cast<std::uint32_t>(result.time_mjd_s.size() - 1));
  }
  result.antenna1 = header.antenna1;
  result.antenna2 = header.antenna2;
  return result;
}

/// Each integration's meridian position of the pointing declination, and uvw for it from the antenna positions.
void add_directions(const Uvh5Header& header, Observation& observation) {
  std::vector<UvwFrame> frames;
  for (double time : observation.time_mjd_s) {
    const Direction center =
        meridian_icrs(header.pointing_dec_rad, time, observation.site, observation.earth_orientation);
    observation.phase_center.push_back(center);
    frames.push_back(uvw_frame(center, time, observation.site, observation.earth_orientation));
  }
  observation.pointing = observation.phase_center;
  // Differences of the relative positions: the absolute ones would lose four digits.
  for (std::size_t row = 0; row < observation.n_rows(); ++row) {
    const Vec3 baseline =
        header.antennas[header.antenna2[row]].position_m - header.antennas[header.antenna1[row]].position_m;
    observation.uvw_m.push_back(uvw_of_baseline(frames[observation.time_index[row]], baseline));
  }
}

bool descends(const Uvh5Header& header) { return header.freq_hz.front() > header.freq_hz.back(); }

void add_channels(const Uvh5Header& header, Observation& observation) {
  observation.spw_first_channel.push_back(observation.freq_hz.size());
  const auto append = [&](const std::vector<double>& from, std::vector<double>& to) {
    if (descends(header))
      to.insert(to.end(), from.rbegin(), from.rend());
    else
      to.insert(to.end(), from.begin(), from.end());
  };
  append(header.freq_hz, observation.freq_hz);
  append(header.channel_width_hz, observation.channel_width_hz);
}

/// From the file's order and sign to ours, in place.
void normalize(VisibilityBlock& block, bool descending) {
  const std::size_t n_channels = block.visibilities.shape(1), n_pols = block.visibilities.shape(2);
  const auto reverse_channels = [&](auto* row) {
    for (std::size_t low = 0, high = n_channels - 1; low < high; ++low, --high)
      std::swap_ranges(row + low * n_pols, row + (low + 1) * n_pols, row + high * n_pols);
  };
  for (std::size_t row = 0; descending && row < block.visibilities.shape(0); ++row) {
    reverse_channels(&block.visibilities(row, 0, 0));
    reverse_channels(&block.flags(row, 0, 0));
    reverse_channels(&block.weights(row, 0, 0));
  }
  for (std::size_t i = 0; i < block.visibilities.size(); ++i) {
    std::complex<float>& visibility = block.visibilities.data()[i];
    std::uint8_t& flag = block.flags.data()[i];
    float& weight = block.weights.data()[i];
    const bool finite = std::isfinite(visibility.real()) && std::isfinite(visibility.imag());
    visibility = finite ? std::conj(visibility) : 0;
    flag = flag != 0 || !finite;
    if (!(weight >= 0) || !std::isfinite(weight)) weight = 0;
  }
}

}  // namespace

Uvh5GroupSource::Uvh5GroupSource(const std::vector<std::string>& paths, std::size_t min_subbands,
                                 const EarthOrientation& orientation) {
  require_enough(paths.size(), min_subbands);
  std::vector<Uvh5Header> headers;
  for (const std::string& path : paths) {
    headers.push_back(read_header(path));
    require_regular_rows(headers.back());
    require_ordered_channels(headers.back());
    require_uvw_of_positions(headers.back());
    require_same_observation(headers.front(), headers.back());
    headers.back().uvw_m = {};  // checked; the source has its own
  }
  const auto lowest = [](const Uvh5Header& header) { return std::min(header.freq_hz.front(), header.freq_hz.back()); };
  std::sort(headers.begin(), headers.end(),
            [&](const Uvh5Header& a, const Uvh5Header& b) { return lowest(a) < lowest(b); });
  require_distinct_channels(headers);

  observation_ = observation_of_rows(headers.front(), orientation);
  add_directions(headers.front(), observation_);
  for (const Uvh5Header& header : headers) {
    subbands_.push_back({header.path, observation_.n_channels(), descends(header)});
    add_channels(header, observation_);
  }
  observation_.history.push_back("Read " + std::to_string(paths.size()) + " UVH5 subband files, conjugated");
}

void Uvh5GroupSource::read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) {
  NdArray<std::complex<float>, 3> visibilities;
  NdArray<std::uint8_t, 3> flags;
  NdArray<float, 3> weights;
  const double n_subbands = static_cast<double>(subbands_.size());
  for (std::size_t k = 0; k < subbands_.size(); ++k) {
    const Subband& subband = subbands_[k];
    const JobContext part = context.part(static_cast<double>(k) / n_subbands, static_cast<double>(k + 1) / n_subbands);
    const Uvh5Reader reader(subband.path);
    const std::size_t n_rows = observation_.n_rows(), per_block = reader.rows_per_block(kBlockBytes);
    if (reader.n_rows() != n_rows || reader.n_pols() != observation_.n_pols())
      reader.file().refuse("Expected the file to stay as it was, but it changed while it was read");
    Uvh5Selection selection = reader.everything();
    for (std::size_t row = 0; row < n_rows; row += per_block) {
      part.checkpoint(static_cast<double>(row) / static_cast<double>(n_rows));
      selection.first_row = row;
      selection.n_rows = std::min(per_block, n_rows - row);
      const std::array<std::size_t, 3> shape{selection.n_rows, reader.n_channels(), reader.n_pols()};
      if (visibilities.shape() != shape) {
        visibilities = NdArray<std::complex<float>, 3>::uninitialized(shape);
        flags = NdArray<std::uint8_t, 3>::uninitialized(shape);
        weights = NdArray<float, 3>::uninitialized(shape);
      }
      reader.read_visibilities<float>(selection, visibilities.view());
      reader.read_flags(selection, flags.view());
      reader.read_nsamples(selection, weights.view());
      VisibilityBlock block{row, subband.first_channel, visibilities.view(), flags.view(), weights.view()};
      normalize(block, subband.descending);
      consume(block);
    }
  }
  context.checkpoint(1);
}

}  // namespace contimg
