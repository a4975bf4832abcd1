// With V_i = G e, G = S g(t, nu) > 0 and e the fringe, and z = r conj(e), the sums over visibilities that a step takes:
//
//   flux      dS / S           min sum w (Re z - G (dS / S + d_index x))^2,  x = ln(nu / nu_0)
//   position  (dl, dm)         min sum w (Im z - G 2 pi nu (path_l dl + path_m dm))^2
//   noise     sigma(S) / S     sqrt(sum w^2 G^2 s^2) / sum w G^2,  s^2 = mean |r|^2 / 2
//
// The path's gradient does not depend on frequency: within a row the sums over channels are of Im z G nu and (G nu)^2.
#include "imaging/component_fit.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/constants.h"
#include "core/fringe.h"
#include "core/parallel.h"
#include "core/simd.h"
#include "imaging/component_fringe.h"
#include "imaging/component_gains.h"

namespace contimg::imaging {
namespace {

constexpr std::size_t kBatch = 64;  // components whose gains for one integration stay in the second-level cache
constexpr std::size_t kRowsPerTask = 512;

typedef float Lanes __attribute__((vector_size(32), aligned(4), may_alias));  // 8 channels
constexpr std::size_t kLanes = 8;

enum Sum { kGG, kGGx, kGGxx, kNoise, kInPhase, kInPhaseX, kQuadrature, kSpread, kSums };
using RowSums = std::array<double, kSums>;

/// What a component's step takes of all rows of a task.
struct Normal {
  double gg = 0, ggx = 0, ggxx = 0, noise = 0, in_phase = 0, in_phase_x = 0;
  double by_l = 0, by_m = 0, ll = 0, lm = 0, mm = 0;

  void add(const RowSums& row, const FringePath& path) {
    gg += row[kGG];
    ggx += row[kGGx];
    ggxx += row[kGGxx];
    noise += row[kNoise];
    in_phase += row[kInPhase];
    in_phase_x += row[kInPhaseX];
    const double l = 2 * kPi * path.by_l, m = 2 * kPi * path.by_m;
    by_l += row[kQuadrature] * l;
    by_m += row[kQuadrature] * m;
    ll += row[kSpread] * l * l;
    lm += row[kSpread] * l * m;
    mm += row[kSpread] * m * m;
  }
  void add(const Normal& other) {
    gg += other.gg;
    ggx += other.ggx;
    ggxx += other.ggxx;
    noise += other.noise;
    in_phase += other.in_phase;
    in_phase_x += other.in_phase_x;
    by_l += other.by_l;
    by_m += other.by_m;
    ll += other.ll;
    lm += other.lm;
    mm += other.mm;
  }
};

/// Frequencies as the sums want them.
struct Spectrum {
  std::vector<float> log_freq;  ///< ln(nu / nu_0)
  std::vector<float> freq;      ///< nu / nu_0
};

/// The weighted residual of one row, real and imaginary parts apart.
struct Row {
  std::vector<float> re, im, weight;
};

CONTIMG_INLINE const Lanes& lanes(const float* from) { return *reinterpret_cast<const Lanes*>(from); }

/// Sums over the channels of one row for one component.
CONTIMG_SIMD void sum_row(const Row& row, const Spectrum& spectrum, const float* gains, double path_s,
                          const std::vector<ChannelRun>& runs, RowSums& sums) {
  Lanes total[kSums] = {};
  std::fill(sums.begin(), sums.end(), 0.0);
  for_each_fringe_span(
      runs, path_s, [&](const FringeSpan& span) __attribute__((always_inline)) {
        const float br = span.base_re, bi = span.base_im;
        const auto add = [&](auto& to, auto re, auto im, auto w, auto g, auto x, auto nu, auto step_re, auto step_im)
            __attribute__((always_inline)) {
          const auto er = br * step_re - bi * step_im, ei = br * step_im + bi * step_re;
          const auto wg = w * g, wgg = wg * g, gnu = g * nu, in_phase = g * (re * er + im * ei);
          to[kGG] += wgg;
          to[kGGx] += wgg * x;
          to[kGGxx] += wgg * x * x;
          to[kNoise] += wg * wg;
          to[kInPhase] += in_phase;
          to[kInPhaseX] += in_phase * x;
          to[kQuadrature] += gnu * (im * er - re * ei);
          to[kSpread] += w * gnu * gnu;
        };
        std::size_t j = 0, k = span.first;
        for (; j + kLanes <= span.count; j += kLanes, k += kLanes)
          add(total, lanes(&row.re[k]), lanes(&row.im[k]), lanes(&row.weight[k]), lanes(gains + k),
              lanes(&spectrum.log_freq[k]), lanes(&spectrum.freq[k]), lanes(span.step_re + j), lanes(span.step_im + j));
        for (; j < span.count; ++j, ++k)
          add(sums, row.re[k], row.im[k], row.weight[k], gains[k], spectrum.log_freq[k], spectrum.freq[k],
              span.step_re[j], span.step_im[j]);
      });
  for (std::size_t s = 0; s < kSums; ++s)
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[s] += static_cast<double>(total[s][lane]);
}

Row weighted_row(NdView<const float, 2> weights, NdView<const std::complex<float>, 2> residual, std::size_t row) {
  const std::size_t n_channels = weights.shape(1);
  Row result{std::vector<float>(n_channels), std::vector<float>(n_channels), std::vector<float>(n_channels)};
  for (std::size_t k = 0; k < n_channels; ++k) {
    const float weight = weights(row, k);
    const std::complex<float> value = weight > 0 ? residual(row, k) : 0;
    result.weight[k] = weight;
    result.re[k] = weight * value.real();
    result.im[k] = weight * value.imag();
  }
  return result;
}

/// Variance of the real part of a residual visibility.
double variance_of(NdView<const float, 2> weights, NdView<const std::complex<float>, 2> residual) {
  double sum = 0;
  std::size_t n = 0;
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (weights.data()[i] > 0) {
      sum += std::norm(residual.data()[i]);
      ++n;
    }
  return n == 0 ? 0 : 0.5 * sum / static_cast<double>(n);
}

FittedComponent step_of(const Component& before, const Normal& n, double nu_0_hz, double variance,
                        const ComponentFitOptions& options) {
  FittedComponent after{before};
  if (!(n.gg > 0)) return after;
  const double sigma = std::sqrt(n.noise * variance) / n.gg;  // of S, over S
  after.snr = sigma > 0 ? 1 / sigma : 0;
  double change = n.in_phase / n.gg;
  const double index_determinant = n.gg * n.ggxx - n.ggx * n.ggx;
  if (after.snr >= options.index_snr && index_determinant > 0) {
    change = (n.ggxx * n.in_phase - n.ggx * n.in_phase_x) / index_determinant;
    const double index = before.index + (n.gg * n.in_phase_x - n.ggx * n.in_phase) / index_determinant;
    after.component.index = std::clamp(index, -options.max_index, options.max_index);
  }
  after.component.flux_jy += change * before.flux_jy;
  after.change = std::abs(change);
  const double determinant = n.ll * n.mm - n.lm * n.lm;
  if (!(determinant > 0)) return after;
  // path is per unit of nu, the sums were in units of nu_0
  double dl = (n.mm * n.by_l - n.lm * n.by_m) / determinant / nu_0_hz;
  double dm = (n.ll * n.by_m - n.lm * n.by_l) / determinant / nu_0_hz;
  const double shrink = std::min(1.0, options.max_step_rad / std::max(1e-30, std::hypot(dl, dm)));
  dl *= shrink;
  dm *= shrink;
  after.component.l += dl;
  after.component.m += dm;
  const double turned = nu_0_hz * nu_0_hz * (n.ll * dl * dl + 2 * n.lm * dl * dm + n.mm * dm * dm) / n.gg;
  after.change = std::sqrt(change * change + turned);
  return after;
}

}  // namespace

std::vector<FittedComponent> fit_components(const std::vector<Component>& components, const TileResponse& response,
                                            NdView<const Vec3, 1> uvw_m, const std::vector<std::uint32_t>& time_index,
                                            NdView<const float, 2> weights,
                                            NdView<const std::complex<float>, 2> residual,
                                            const ComponentFitOptions& options, const JobContext& context) {
  const std::size_t n_channels = response.freq_hz.size(), n_rows = residual.shape(0);
  const std::size_t stride = response.pointing.size() * n_channels;
  const std::size_t n_tasks = (n_rows + kRowsPerTask - 1) / kRowsPerTask;
  const auto runs = runs_of(response.freq_hz);
  const ComponentGains gains_of(response);
  const double nu_0_hz = 0.5 * (response.freq_hz.front() + response.freq_hz.back());
  Spectrum spectrum;
  for (const double freq : response.freq_hz) {
    spectrum.log_freq.push_back(static_cast<float>(std::log(freq / nu_0_hz)));
    spectrum.freq.push_back(static_cast<float>(freq / nu_0_hz));
  }
  const double variance = variance_of(weights, residual);

  std::vector<FittedComponent> fitted;
  std::vector<float> gains(std::min(kBatch, components.size()) * stride);
  for (std::size_t first = 0; first < components.size(); first += kBatch) {
    const std::size_t count = std::min(kBatch, components.size() - first);
    const Component* batch = &components[first];
    parallel_for(count, options.threads, [&](std::size_t i) { gains_of.fill(batch[i], &gains[i * stride]); });
    std::vector<Normal> normals(n_tasks * count);
    parallel_for(n_tasks, options.threads, [&](std::size_t task) {
      context.checkpoint();
      RowSums sums;
      for (std::size_t row = task * kRowsPerTask; row < std::min(n_rows, (task + 1) * kRowsPerTask); ++row) {
        const Row values = weighted_row(weights, residual, row);
        const float* const row_gains = &gains[time_index[row] * n_channels];
        for (std::size_t i = 0; i < count; ++i) {
          const FringePath path = fringe_path(batch[i], response.aberration, uvw_m(row));
          sum_row(values, spectrum, row_gains + i * stride, path.path_s, runs, sums);
          normals[task * count + i].add(sums, path);
        }
      }
    });
    for (std::size_t i = 0; i < count; ++i) {
      Normal normal;
      for (std::size_t task = 0; task < n_tasks; ++task) normal.add(normals[task * count + i]);
      fitted.push_back(step_of(batch[i], normal, nu_0_hz, variance, options));
    }
  }
  return fitted;
}

}  // namespace contimg::imaging
