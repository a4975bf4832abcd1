#include "calibration/window_amplitudes.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <utility>

#include "core/error.h"
#include "core/parallel.h"
#include "core/simd.h"

namespace contimg::calibration {
namespace {

constexpr std::size_t kRowsPerTask = 64;

CONTIMG_SIMD void take_amplitudes(std::size_t n, const float* visibilities, const std::uint8_t* flags,
                                  const float* weights, float* amplitudes) {
  constexpr float kMost = std::numeric_limits<float>::max();
  for (std::size_t j = 0; j < n; ++j) {
    const float re = visibilities[2 * j], im = visibilities[2 * j + 1], power = re * re + im * im;
    // Bitwise: branches would keep this from being vectorized. A comparison with a NaN is false.
    const float amplitude = power <= kMost ? std::sqrt(power) : WindowAmplitudes::kInvalid;
    const bool present = (flags[j] == 0) & (weights[j] > 0);
    amplitudes[j] = present ? amplitude : WindowAmplitudes::kAbsent;
  }
}

}  // namespace

WindowCollector::WindowCollector(const Observation& observation, unsigned threads)
    : observation_(observation), threads_(threads) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> numbers;
  for (std::size_t row = 0; row < observation.n_rows(); ++row) {
    const auto antennas = std::make_pair(observation.antenna1[row], observation.antenna2[row]);
    const auto [number, is_new] = numbers.emplace(antennas, static_cast<std::uint32_t>(rows_.size()));
    if (is_new) rows_.emplace_back();
    rows_[number->second].push_back(static_cast<std::uint32_t>(row));
    baseline_.push_back(number->second);
  }
}

std::unique_ptr<WindowAmplitudes> WindowCollector::add(const VisibilityBlock& block) {
  const Observation& o = observation_;
  const std::size_t n_rows = block.visibilities.shape(0), n_channels = block.visibilities.shape(1), n_pols = o.n_pols();
  Begun& begun = begun_[block.first_channel];
  if (!begun.window) {
    begun.n_missing = o.n_rows();
    begun.window = std::make_unique<WindowAmplitudes>();
    begun.window->first_channel = block.first_channel;
    begun.window->values = NdArray<float, 4>::uninitialized({n_baselines(), n_pols, o.time_mjd_s.size(), n_channels});
    std::fill(begun.window->values.begin(), begun.window->values.end(), WindowAmplitudes::kAbsent);
  }
  NdArray<float, 4>& values = begun.window->values;
  if (values.shape(3) != n_channels)
    throw Error(code::kInternal, "Expected blocks that start at the same channel to end at the same");
  parallel_for((n_rows + kRowsPerTask - 1) / kRowsPerTask, threads_, [&](std::size_t task) {
    std::vector<float> amplitudes(n_channels * n_pols);
    for (std::size_t r = task * kRowsPerTask; r < std::min(n_rows, (task + 1) * kRowsPerTask); ++r) {
      take_amplitudes(amplitudes.size(), reinterpret_cast<const float*>(&block.visibilities(r, 0, 0)),
                      &block.flags(r, 0, 0), &block.weights(r, 0, 0), amplitudes.data());
      const std::size_t row = block.first_row + r;
      for (std::size_t p = 0; p < n_pols; ++p) {
        float* to = &values(baseline_[row], p, o.time_index[row], 0);
        for (std::size_t k = 0; k < n_channels; ++k) to[k] = amplitudes[k * n_pols + p];
      }
    }
  });
  begun.n_missing -= n_rows;
  if (begun.n_missing > 0) return nullptr;
  auto complete = std::move(begun.window);
  begun_.erase(block.first_channel);
  return complete;
}

}  // namespace contimg::calibration
