#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "core/nd_array.h"
#include "core/visibility_source.h"

namespace contimg::calibration {

/// Amplitudes of one spectral window.
struct WindowAmplitudes {
  static constexpr float kAbsent = -1;  ///< flagged in the data, of weight 0, or no row at all
  static constexpr float kInvalid = 0;  ///< exactly 0, or not finite

  std::size_t first_channel;
  NdArray<float, 4> values;  ///< (baselines, pols, times, channels); > 0 where there is one
};

/// Collects blocks to spectral windows. Baselines are numbered in the order of the rows.
class WindowCollector {
 public:
  WindowCollector(const Observation& observation, unsigned threads);

  /// @returns the window that this block completes, or none
  /// Memory: 4 bytes per visibility of a window, of each that is begun.
  std::unique_ptr<WindowAmplitudes> add(const VisibilityBlock& block);

  std::size_t n_baselines() const { return rows_.size(); }
  /// Whether a baseline is of two antennas.
  bool is_cross(std::size_t baseline) const {
    const std::size_t row = rows_[baseline].front();
    return observation_.antenna1[row] != observation_.antenna2[row];
  }
  /// Rows of a baseline, ascending in time.
  const std::vector<std::uint32_t>& rows(std::size_t baseline) const { return rows_[baseline]; }

 private:
  struct Begun {
    std::unique_ptr<WindowAmplitudes> window;
    std::size_t n_missing;  ///< rows
  };
  const Observation& observation_;
  const unsigned threads_;
  std::vector<std::uint32_t> baseline_;  ///< per row
  std::vector<std::vector<std::uint32_t>> rows_;
  std::map<std::size_t, Begun> begun_;  ///< by first channel
};

}  // namespace contimg::calibration
