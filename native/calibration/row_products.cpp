#include "calibration/row_products.h"

#include <algorithm>
#include <limits>

#include "core/simd.h"

namespace contimg::calibration {
namespace {

CONTIMG_SIMD void take_good(std::size_t n, const float* visibilities, const std::uint8_t* flags, const float* weights,
                            float* re, float* im, float* good_weights) {
  constexpr float kMost = std::numeric_limits<float>::max();
  for (std::size_t j = 0; j < n; ++j) {
    const float vr = visibilities[2 * j], vi = visibilities[2 * j + 1], power = vr * vr + vi * vi;
    // Bitwise: a branch would keep this from being vectorized. Comparisons with a NaN are false.
    const bool good = (flags[j] == 0) & (weights[j] > 0) & (power <= kMost);
    re[j] = good ? vr : 0.0f;
    im[j] = good ? vi : 0.0f;
    good_weights[j] = good ? weights[j] : 0.0f;
  }
}

CONTIMG_SIMD void take_gains(std::size_t n, const float* re1, const float* im1, const float* re2, const float* im2,
                             float* m_re, float* m_im) {
  for (std::size_t j = 0; j < n; ++j) {
    const float gr = re1[j] * re2[j] + im1[j] * im2[j], gi = im1[j] * re2[j] - re1[j] * im2[j];
    const float re = m_re[j] * gr - m_im[j] * gi;
    m_im[j] = m_re[j] * gi + m_im[j] * gr;
    m_re[j] = re;
  }
}

CONTIMG_SIMD void take_products(std::size_t n, const float* w, const float* vr, const float* vi, const float* mr,
                                const float* mi, float* re, float* im, float* power) {
  for (std::size_t j = 0; j < n; ++j) {
    re[j] = w[j] * (vr[j] * mr[j] + vi[j] * mi[j]);
    im[j] = w[j] * (vi[j] * mr[j] - vr[j] * mi[j]);
    power[j] = w[j] * (mr[j] * mr[j] + mi[j] * mi[j]);
  }
}

}  // namespace

void RowProducts::set_data(const std::complex<float>* visibilities, const std::uint8_t* flags, const float* weights,
                           std::size_t first, std::size_t end) {
  const std::size_t n = weights_.size();
  take_good(n, reinterpret_cast<const float*>(visibilities), flags, weights, v_re_.data(), v_im_.data(),
            weights_.data());
  std::fill(weights_.begin(), weights_.begin() + static_cast<std::ptrdiff_t>(std::min(first, n)), 0.0f);
  std::fill(weights_.begin() + static_cast<std::ptrdiff_t>(std::min(end, n)), weights_.end(), 0.0f);
}

void RowProducts::set_model(const float* re, const float* im, std::size_t n_pols) {
  const std::size_t n_channels = m_re_.size() / n_pols;
  for (std::size_t k = 0; k < n_channels; ++k)
    for (std::size_t p = 0; p < n_pols; ++p) m_re_[k * n_pols + p] = re[k], m_im_[k * n_pols + p] = im[k];
}

void RowProducts::apply(const float* re1, const float* im1, const float* re2, const float* im2) {
  take_gains(weights_.size(), re1, im1, re2, im2, m_re_.data(), m_im_.data());
}

void RowProducts::multiply() {
  take_products(weights_.size(), weights_.data(), v_re_.data(), v_im_.data(), m_re_.data(), m_im_.data(), re_.data(),
                im_.data(), power_.data());
}

}  // namespace contimg::calibration
