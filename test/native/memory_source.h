#pragma once

#include <complex>
#include <vector>

#include "coordinates/apparent.h"
#include "core/airy.h"
#include "core/constants.h"
#include "core/visibility_source.h"

namespace contimg::test {

/// Point source for a test sky, flat spectrum.
struct PointSource {
  Direction direction;
  double flux_jy;
};

/// An observation held in memory: a small transit array of `n_antennas` dishes, phased to the meridian position of each
/// integration, with noise-free visibilities by the measurement equation of docs/conventions.md section 2. Handed out
/// in blocks of 7 rows by 3 channels, so that block borders are met.
class MemorySource final : public VisibilitySource {
 public:
  MemorySource(std::size_t n_antennas, std::size_t n_times, std::size_t n_channels, double dec_rad = 0.28) {
    Observation& o = observation_;
    o.telescope_name = "TEST";
    o.site = {-118.283 * kDegree, 37.233405 * kDegree, 1188};
    o.polarizations = {-5, -6};
    for (std::size_t k = 0; k < n_channels; ++k) {
      o.freq_hz.push_back(1.31e9 + 1.9e8 * static_cast<double>(k) / static_cast<double>(n_channels));
      o.channel_width_hz.push_back(1.9e8 / static_cast<double>(n_channels));
    }
    o.spw_first_channel = {0};
    dec_rad_ = dec_rad;
    const UvwFrame ground = hadec_frame(0, o.site.latitude_rad, o.site);  // east, north, up
    for (std::size_t a = 0; a < n_antennas; ++a) {                        // a spiral of 160 m
      const double r = 160 * std::sqrt((static_cast<double>(a) + 0.5) / static_cast<double>(n_antennas)),
                   t = 2.4 * static_cast<double>(a);
      o.antennas.push_back({std::to_string(a), r * std::cos(t) * ground.u + r * std::sin(t) * ground.v, 4.65});
    }
    for (std::size_t t = 0; t < n_times; ++t) {
      o.time_mjd_s.push_back(60700.9 * kSecondsPerDay + 12.9 * static_cast<double>(t));
      o.integration_s.push_back(12.9);
      for (std::size_t b = 0; b < n_antennas; ++b)
        for (std::size_t a = 0; a <= b; ++a) {
          o.time_index.push_back(static_cast<std::uint32_t>(t));
          o.antenna1.push_back(static_cast<std::uint32_t>(a));
          o.antenna2.push_back(static_cast<std::uint32_t>(b));
        }
    }
    set_times(o.time_mjd_s);
    const std::size_t n = o.n_rows() * n_channels * 2;
    visibilities.assign(n, 0);
    flags.assign(n, 0);
    weights.assign(n, 1);
  }

  /// Moves the integrations in time, before sources are added: phase centers, pointings and uvw follow.
  void set_times(const std::vector<double>& time_mjd_s) {
    Observation& o = observation_;
    o.time_mjd_s = time_mjd_s;
    o.phase_center.clear();
    std::vector<UvwFrame> frames;
    for (const double time : time_mjd_s) {
      o.phase_center.push_back(meridian_icrs(dec_rad_, time, o.site, {}));
      frames.push_back(uvw_frame(o.phase_center.back(), time, o.site, {}));
    }
    o.pointing = o.phase_center;
    o.uvw_m.clear();
    for (std::size_t row = 0; row < o.n_rows(); ++row)
      o.uvw_m.push_back(uvw_of_baseline(
          frames[o.time_index[row]], o.antennas[o.antenna2[row]].position_m - o.antennas[o.antenna1[row]].position_m));
  }

  /// Adds a source, through the Airy beam about each integration's pointing or as bright everywhere.
  void add(const PointSource& source, bool through_beam = false) {
    const Observation& o = observation_;
    for (std::size_t row = 0, i = 0; row < o.n_rows(); ++row) {
      const std::size_t t = o.time_index[row];
      const Vec3 s = apparent_itrf(source.direction, o.time_mjd_s[t], o.site, {});
      const Vec3 s0 = apparent_itrf(o.phase_center[t], o.time_mjd_s[t], o.site, {});
      const double path_m =
          dot(o.antennas[o.antenna2[row]].position_m - o.antennas[o.antenna1[row]].position_m, s - s0);
      for (const double freq : o.freq_hz) {
        const double flux = source.flux_jy * (through_beam ? airy_power(norm(cross(s, s0)), 4.65, freq) : 1);
        const std::complex<float> v(std::polar(flux, -2 * kPi * std::fmod(freq / kSpeedOfLight * path_m, 1.0)));
        for (int pol = 0; pol < 2; ++pol) visibilities[i++] += v;
      }
    }
  }

  Observation& observation() { return observation_; }
  const Observation& observation() const override { return observation_; }

  void read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) override {
    const std::size_t n_rows = observation_.n_rows(), n_channels = observation_.n_channels(),
                      n_pols = observation_.n_pols();
    for (std::size_t row = 0; row < n_rows; row += 7)
      for (std::size_t channel = 0; channel < n_channels; channel += 3) {
        context.checkpoint();
        const std::size_t rows = std::min<std::size_t>(7, n_rows - row);
        const std::size_t channels = std::min<std::size_t>(3, n_channels - channel);
        std::vector<std::complex<float>> v;
        std::vector<std::uint8_t> f;
        std::vector<float> w;
        for (std::size_t r = row; r < row + rows; ++r) {
          const auto from = static_cast<std::ptrdiff_t>((r * n_channels + channel) * n_pols);
          const auto to = from + static_cast<std::ptrdiff_t>(channels * n_pols);
          v.insert(v.end(), visibilities.begin() + from, visibilities.begin() + to);
          f.insert(f.end(), flags.begin() + from, flags.begin() + to);
          w.insert(w.end(), weights.begin() + from, weights.begin() + to);
        }
        const std::array<std::size_t, 3> shape{rows, channels, n_pols};
        VisibilityBlock block{row, channel, {v.data(), shape}, {f.data(), shape}, {w.data(), shape}};
        consume(block);
      }
  }

  /// (rows, channels, 2), to be changed by tests.
  std::vector<std::complex<float>> visibilities;
  std::vector<std::uint8_t> flags;
  std::vector<float> weights;

 private:
  double dec_rad_ = 0;
  Observation observation_;
};

}  // namespace contimg::test
