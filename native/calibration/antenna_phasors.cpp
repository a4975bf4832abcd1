#include "calibration/antenna_phasors.h"

#include <algorithm>
#include <array>

#include "core/parallel.h"
#include "core/simd_vector.h"
#include "core/sincos_cycles.h"

namespace contimg::calibration {
namespace {

constexpr std::size_t kLane = kLanes<float>;

/// exp(2 pi i nu path).
CONTIMG_SIMD void set_phasors(const double* freq_hz, std::size_t n, double path_s, float* re, float* im) {
  for (std::size_t k = 0; k < n; ++k) {
    const double turns = freq_hz[k] * path_s;
    sincos_cycles(static_cast<float>(turns - nearest_integer(turns)), im[k], re[k]);
  }
}

/// Adds sum over components of (b conj(a)) to `re` and `im`, 16 frequencies at a time in registers: chains of additions
/// long enough to hide what one takes. All have `stride` frequencies per component, a multiple of 16.
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
                               const double* freq_hz, std::size_t n_frequencies, unsigned threads)
    : n_components_(delay_s_per_m.size()),
      n_frequencies_(n_frequencies),
      n_padded_((n_frequencies + 2 * kLane - 1) / (2 * kLane) * (2 * kLane)),
      phasors_(std::array<std::size_t, 4>{positions_m.size(), 2, n_components_, n_padded_}) {
  parallel_for(positions_m.size(), threads, [&](std::size_t antenna) {
    for (std::size_t c = 0; c < n_components_; ++c)
      set_phasors(freq_hz, n_frequencies, -dot(positions_m[antenna], delay_s_per_m[c]), &phasors_(antenna, 0, c, 0),
                  &phasors_(antenna, 1, c, 0));
  });
}

void AntennaPhasors::weigh(std::size_t antenna2, NdView<const float, 2> fluxes_jy, Weighted& weighted) const {
  if (weighted.values.empty()) weighted.values = NdArray<float, 3>({2, n_components_, n_padded_});
  for (std::size_t part = 0; part < 2; ++part)
    for (std::size_t c = 0; c < n_components_; ++c) {
      const float *const flux = &fluxes_jy(c, 0), *const phasor = &phasors_(antenna2, part, c, 0);
      float* const value = &weighted.values(part, c, 0);
      for (std::size_t k = 0; k < n_frequencies_; ++k) value[k] = flux[k] * phasor[k];
    }
}

void AntennaPhasors::add_baseline(const Weighted& weighted, std::size_t antenna1, float* re, float* im) const {
  std::array<float, kMostFrequencies> sum_re{}, sum_im{};
  add_products(&phasors_(antenna1, 0, 0, 0), &phasors_(antenna1, 1, 0, 0), &weighted.values(0, 0, 0),
               &weighted.values(1, 0, 0), n_components_, n_padded_, sum_re.data(), sum_im.data());
  for (std::size_t k = 0; k < n_frequencies_; ++k) re[k] += sum_re[k], im[k] += sum_im[k];
}

}  // namespace contimg::calibration
