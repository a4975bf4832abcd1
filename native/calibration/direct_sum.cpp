#include "calibration/direct_sum.h"

#include <algorithm>
#include <cmath>

#include "core/parallel.h"

namespace contimg::calibration {
namespace {

constexpr std::size_t kRowsPerTask = 128;
constexpr std::size_t kPhasorFloats = 1 << 18;  // of all antennas: they stay in the second-level cache

// Seconds on one core. Of a full tile a thousand points took 45 s at its channels, and 8.7 s at nodes; with degridding,
// which takes 90 s (imaging/degridded_points.cpp), that is as much from 10000 points on.
constexpr double kPointSeconds = 0.5e-9;    // per row, frequency and component
constexpr double kPhasorSeconds = 0.75e-9;  // per antenna, frequency and component
constexpr double kExtendedSeconds = 6e-9;   // per row, frequency and Gaussian
constexpr double kSmearedSeconds = 12e-9;   // per row, frequency and component with smearing

double sinc(double x) { return std::abs(x) < 1e-6 ? 1.0 : std::sin(x) / x; }

/// exp(-gaussian nu^2) is the visibility of a Gaussian of 1 Jy on a baseline.
double gaussian_per_hz2(const SkyComponent& component, const Vec3& uvw_m) {
  const double s = std::sin(component.position_angle_rad), c = std::cos(component.position_angle_rad);
  const double along = (uvw_m.x * s + uvw_m.y * c) * component.major_rad;
  const double across = (uvw_m.x * c - uvw_m.y * s) * component.minor_rad;
  return kPi * kPi / (4 * std::log(2.0)) * (along * along + across * across) / (kSpeedOfLight * kSpeedOfLight);
}

/// gains *= exp(-per_hz2 nu^2): from frequency to frequency by a factor that itself changes by a constant one.
void fade_gaussian(double per_hz2, const std::vector<ChannelRun>& runs, float* gains) {
  for (const ChannelRun& run : runs) {
    const double step = run.step_hz;
    double kept = std::exp(-per_hz2 * run.freq_hz * run.freq_hz);
    double ratio = std::exp(-per_hz2 * step * (2 * run.freq_hz + step));
    const double change = std::exp(-2 * per_hz2 * step * step);
    for (std::size_t k = run.first; k < run.first + run.count; ++k) {
      gains[k] *= static_cast<float>(kept);
      kept *= ratio;
      ratio *= change;
    }
  }
}

/// gains *= sinc(x_s nu): its sine is turned on from frequency to frequency.
void fade_sinc(double x_s, const std::vector<ChannelRun>& runs, float* gains) {
  for (const ChannelRun& run : runs) {
    const double first = x_s * run.freq_hz, step = x_s * run.step_hz;
    if (std::abs(first) < 1e-4) continue;  // 1 to single precision
    double s = std::sin(first), c = std::cos(first);
    const double step_s = std::sin(step), step_c = std::cos(step);
    for (std::size_t k = 0; k < run.count; ++k) {
      gains[run.first + k] *= static_cast<float>(s / (first + static_cast<double>(k) * step));
      const double next = s * step_c + c * step_s;
      c = c * step_c - s * step_s;
      s = next;
    }
  }
}

}  // namespace

/// Rows of one integration, and frequencies [first, first + count) of a band, at most as many as phasors hold.
struct DirectSum::Part {
  std::size_t time;
  const std::vector<SumRow>& rows;
  const SumBand& band;
  std::size_t first, count;
  std::size_t offset;  ///< where they go in the rows
  std::vector<ChannelRun> runs;
  const std::vector<Vec3>& positions_m;   ///< of the antennas of the rows
  const std::vector<std::size_t>& slots;  ///< per antenna, into these
  unsigned threads;

  float* re(std::size_t i) const { return rows[i].re + offset; }
  float* im(std::size_t i) const { return rows[i].im + offset; }
  /// body(first, end) for parts of the rows, in parallel.
  template <typename Body>
  void in_parts(const Body& body) const {
    parallel_for((rows.size() + kRowsPerTask - 1) / kRowsPerTask, threads, [&](std::size_t task) {
      body(task * kRowsPerTask, std::min(rows.size(), (task + 1) * kRowsPerTask));
    });
  }
};

DirectSum::DirectSum(const Observation& observation, const SeenSky& sky) : observation_(observation), sky_(sky) {
  std::vector<bool> has_rows(observation.antennas.size());
  for (const auto* antennas : {&observation.antenna1, &observation.antenna2})
    for (const std::uint32_t antenna : *antennas) has_rows[antenna] = true;
  n_antennas_ = static_cast<std::size_t>(std::count(has_rows.begin(), has_rows.end(), true));
  const SkyModel& model = sky.model();
  for (std::size_t i = 0; i < sky.n_components(); ++i)
    (model.components[i].extended() || model.smearing ? others_ : factored_).push_back(i);
}

SumBand DirectSum::band(const std::vector<double>& freq_hz, const std::vector<double>& width_hz) const {
  SumBand band{freq_hz, width_hz, NdArray<float, 2>::uninitialized({sky_.n_components(), freq_hz.size()})};
  for (std::size_t i = 0; i < sky_.n_components(); ++i)
    for (std::size_t k = 0; k < freq_hz.size(); ++k)
      band.fluxes_jy(i, k) = static_cast<float>(flux_at(sky_.model().components[i], freq_hz[k]));
  return band;
}

double DirectSum::seconds_per_row(std::size_t n_frequencies) const {
  const double extended = sky_.model().smearing ? kSmearedSeconds : kExtendedSeconds;
  return static_cast<double>(n_frequencies) *
         (kPointSeconds * static_cast<double>(factored_.size()) + extended * static_cast<double>(others_.size()));
}

double DirectSum::seconds_per_integration(std::size_t n_frequencies) const {
  return kPhasorSeconds * static_cast<double>(n_frequencies * factored_.size() * n_antennas_);
}

void DirectSum::add(std::size_t time, const std::vector<SumRow>& rows, const SumBand& band, std::size_t first,
                    std::size_t count, unsigned threads) const {
  if (rows.empty()) return;
  const Observation& o = observation_;
  constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::vector<std::size_t> slots(o.antennas.size(), kNone);
  std::vector<Vec3> positions_m;
  for (const SumRow& row : rows)
    for (const std::uint32_t antenna : {o.antenna1[row.row], o.antenna2[row.row]}) {
      if (slots[antenna] != kNone) continue;
      slots[antenna] = positions_m.size();
      positions_m.push_back(o.antennas[antenna].position_m - o.antennas.front().position_m);
    }
  for (std::size_t offset = 0; offset < count; offset += AntennaPhasors::kMostFrequencies) {
    const std::size_t n = std::min(AntennaPhasors::kMostFrequencies, count - offset);
    const auto begin = band.freq_hz.begin() + static_cast<std::ptrdiff_t>(first + offset);
    add_part({time, rows, band, first + offset, n, offset, runs_of({begin, begin + static_cast<std::ptrdiff_t>(n)}),
              positions_m, slots, threads});
  }
}

void DirectSum::add_part(const Part& part) const {
  const std::size_t at_once = std::max<std::size_t>(1, kPhasorFloats / (part.positions_m.size() * part.count * 2));
  for (std::size_t i = 0; i < factored_.size(); i += at_once)
    add_factored(part, &factored_[i], std::min(at_once, factored_.size() - i));
  if (!others_.empty()) add_one_by_one(part);
}

void DirectSum::set_fluxes(const Part& part, std::size_t component, float* fluxes) const {
  std::copy_n(&part.band.fluxes_jy(component, part.first), part.count, fluxes);
  sky_.apply_beam(part.time, component, &part.band.freq_hz[part.first], part.count, fluxes);
}

void DirectSum::add_factored(const Part& part, const std::size_t* components, std::size_t count) const {
  const Observation& o = observation_;
  std::vector<Vec3> delays;
  NdArray<float, 2> fluxes({count, part.count});
  for (std::size_t c = 0; c < count; ++c) {
    delays.push_back(sky_.place(part.time, components[c]).delay_s_per_m);
    set_fluxes(part, components[c], &fluxes(c, 0));
  }
  const AntennaPhasors phasors(part.positions_m, delays, &part.band.freq_hz[part.first], part.count, part.threads);
  part.in_parts([&](std::size_t first, std::size_t end) {
    AntennaPhasors::Weighted weighted;
    for (std::size_t i = first; i < end; ++i) {
      const std::size_t row = part.rows[i].row;
      // The correlator's rows of one antenna 2 stand together.
      if (i == first || o.antenna2[row] != o.antenna2[part.rows[i - 1].row])
        phasors.weigh(part.slots[o.antenna2[row]], fluxes.view(), weighted);
      phasors.add_baseline(weighted, part.slots[o.antenna1[row]], part.re(i), part.im(i));
    }
  });
}

void DirectSum::add_one_by_one(const Part& part) const {
  const Observation& o = observation_;
  NdArray<float, 2> fluxes({others_.size(), part.count});
  for (std::size_t c = 0; c < others_.size(); ++c) set_fluxes(part, others_[c], &fluxes(c, 0));
  part.in_parts([&](std::size_t first, std::size_t end) {
    std::vector<float> gains;
    for (std::size_t i = first; i < end; ++i) {
      const std::size_t row = part.rows[i].row;
      const Vec3 baseline = o.antennas[o.antenna2[row]].position_m - o.antennas[o.antenna1[row]].position_m;
      for (std::size_t c = 0; c < others_.size(); ++c) {
        gains.assign(&fluxes(c, 0), &fluxes(c, 0) + part.count);
        fade(part, row, others_[c], baseline, gains.data());
        add_fringe(gains.data(), -dot(baseline, sky_.place(part.time, others_[c]).delay_s_per_m), part.runs, part.re(i),
                   part.im(i));
      }
    }
  });
}

void DirectSum::fade(const Part& part, std::size_t row, std::size_t component, const Vec3& baseline_m,
                     float* gains) const {
  const Observation& o = observation_;
  const SkyComponent& source = sky_.model().components[component];
  if (source.extended()) fade_gaussian(gaussian_per_hz2(source, o.uvw_m[row]), part.runs, gains);
  if (!sky_.model().smearing) return;
  const SeenSky::Place& place = sky_.place(part.time, component);
  const double delay_s = dot(baseline_m, place.delay_s_per_m), rate = dot(baseline_m, place.rate_per_m);
  const double width_s = kPi * delay_s, turns_s = kPi * rate * o.integration_s[part.time];
  double width_hz = -1, kept = 1;
  for (std::size_t k = 0; k < part.count; ++k) {
    if (part.band.width_hz[part.first + k] != width_hz) {
      width_hz = part.band.width_hz[part.first + k];
      kept = sinc(width_s * width_hz);
    }
    gains[k] *= static_cast<float>(kept);
  }
  fade_sinc(turns_s, part.runs, gains);
}

}  // namespace contimg::calibration
