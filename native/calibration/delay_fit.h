#pragma once

#include <complex>
#include <cstddef>
#include <vector>

namespace contimg::calibration {

struct DelayFit {
  double delay_s = 0, sigma_s = 0;
  double snr = 0;  ///< of the gains averaged over the band with the delay taken out
};

/// The delay of which gains over frequency are exp(2 pi i tau nu), times any one complex number.
///
/// The highest peak of |sum_k w_k g_k exp(-2 pi i tau nu_k)| in steps of a quarter of the inverse bandwidth, up to the
/// ambiguity of the channels; then the slope of the phases, fitted until it stands.
///
/// @param sigma  of the real part of each gain, 0: no gain there
DelayFit fit_delay(const std::vector<double>& freq_hz, const std::vector<std::complex<double>>& gains,
                   const std::vector<double>& sigma);

}  // namespace contimg::calibration
