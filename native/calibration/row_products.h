#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace contimg::calibration {

/// The terms of the normal sums of one row of visibilities, `n` of them: w V conj(M) and w |M|^2. Reused from row to
/// row.
class RowProducts {
 public:
  explicit RowProducts(std::size_t n)
      : weights_(n), v_re_(n), v_im_(n), m_re_(n), m_im_(n), re_(n), im_(n), power_(n) {}

  /// Visibilities that are flagged, without weight, not finite, or outside [first, end), get the weight 0.
  void set_data(const std::complex<float>* visibilities, const std::uint8_t* flags, const float* weights,
                std::size_t first, std::size_t end);

  /// The model of each channel, which all `n_pols` polarizations share.
  void set_model(const float* re, const float* im, std::size_t n_pols);

  /// Takes the model times g_1 conj(g_2); each array has `n` gains.
  void apply(const float* re1, const float* im1, const float* re2, const float* im2);

  void multiply();

  const float* re() const { return re_.data(); }
  const float* im() const { return im_.data(); }
  const float* power() const { return power_.data(); }

 private:
  std::vector<float> weights_, v_re_, v_im_, m_re_, m_im_, re_, im_, power_;
};

}  // namespace contimg::calibration
