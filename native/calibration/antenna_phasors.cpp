#include "calibration/antenna_phasors.h"

#include <algorithm>
#include <array>

#include "core/parallel.h"
#include "core/simd_vector.h"

namespace contimg::calibration {
namespace {

constexpr std::size_t kLane = kLanes<float>;

/// Adds sum over components of (b conj(a)) to `re` and `im`, 16 channels at a time in registers: chains of additions
/// long enough to hide what one takes. All have `stride` channels per component, a multiple of 16.
CONTIMG_SIMD void add_products(const float* a_re, const float* a_im, const float* b_re, const float* b_im,
                               std::size_t n_components, std::size_t stride, float* re, float* im) {
  for (std::size_t k = 0; k < stride; k += 2 * kLane) {
    Vector<float> sum[8] = {};
    for (std::size_t c = 0; c < n_components; ++c) {
      const std::size_t at = c * stride + k;
      for (std::size_t half = 0; half < 2; ++half) {
        const Vector<float> ar = load(a_re + at + half * kLane), ai = load(a_im + at + half * kLane);
        const Vector<float> br = load(b_re + at + half * kLane), bi = load(b_im + at + half * kLane);
        sum[4 * half] += br * ar;
        sum[4 * half + 1] += bi * ai;
        sum[4 * half + 2] += bi * ar;
        sum[4 * half + 3] -= br * ai;
      }
    }
    for (std::size_t half = 0; half < 2; ++half) {
      store(re + k + half * kLane, load(re + k + half * kLane) + sum[4 * half] + sum[4 * half + 1]);
      store(im + k + half * kLane, load(im + k + half * kLane) + sum[4 * half + 2] + sum[4 * half + 3]);
    }
  }
}

}  // namespace

AntennaPhasors::AntennaPhasors(const std::vector<Vec3>& positions_m, const std::vector<Vec3>& delay_s_per_m,
                               const std::vector<ChannelRun>& runs, std::size_t n_channels, unsigned threads)
    : n_components_(delay_s_per_m.size()),
      n_channels_(n_channels),
      n_padded_((n_channels + 2 * kLane - 1) / (2 * kLane) * (2 * kLane)),
      phasors_(std::array<std::size_t, 4>{positions_m.size(), 2, n_components_, n_padded_}) {
  const std::vector<float> ones(n_padded_, 1.0f);
  parallel_for(positions_m.size(), threads, [&](std::size_t antenna) {
    for (std::size_t c = 0; c < n_components_; ++c)
      add_fringe(ones.data(), -dot(positions_m[antenna], delay_s_per_m[c]), runs, &phasors_(antenna, 0, c, 0),
                 &phasors_(antenna, 1, c, 0));
  });
}

void AntennaPhasors::weigh(std::size_t antenna2, const std::vector<const float*>& fluxes_jy, Weighted& weighted) const {
  weighted.re.assign(n_components_ * n_padded_, 0.0f);
  weighted.im.assign(n_components_ * n_padded_, 0.0f);
  for (std::size_t c = 0; c < n_components_; ++c)
    for (std::size_t k = 0; k < n_channels_; ++k) {
      weighted.re[c * n_padded_ + k] = fluxes_jy[c][k] * phasors_(antenna2, 0, c, k);
      weighted.im[c * n_padded_ + k] = fluxes_jy[c][k] * phasors_(antenna2, 1, c, k);
    }
}

void AntennaPhasors::add_baseline(const Weighted& weighted, std::size_t antenna1, float* re, float* im) const {
  std::array<float, kMostChannels> sum_re{}, sum_im{};
  add_products(&phasors_(antenna1, 0, 0, 0), &phasors_(antenna1, 1, 0, 0), weighted.re.data(), weighted.im.data(),
               n_components_, n_padded_, sum_re.data(), sum_im.data());
  for (std::size_t k = 0; k < n_channels_; ++k) re[k] += sum_re[k], im[k] += sum_im[k];
}

}  // namespace contimg::calibration
