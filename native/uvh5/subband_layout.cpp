#include "uvh5/subband_layout.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace contimg {
namespace {

constexpr long kSubbands = 16;
// Of the DSA-110 correlator: docs/dsa110.md, src/core/dsa110.ts.
constexpr double kSubbandHz = 48 * 244140.625;
constexpr double kLowestEdgeHz = 1498.6431884765625e6 + 244140.625 / 2 - kSubbands * kSubbandHz;

/// `x` if it is an integer to within `slack`.
std::optional<long> as_integer(double x, double slack) {
  const double nearest = std::round(x);
  return std::abs(x - nearest) <= slack ? std::optional(static_cast<long>(nearest)) : std::nullopt;
}

std::vector<double> ascending(std::vector<double> values, bool reversed) {
  if (reversed) std::reverse(values.begin(), values.end());
  return values;
}

/// How far apart subbands are if all files have as many channels, of one width that is also their distance.
std::optional<double> regular_subband_hz(const std::vector<SubbandSlot>& slots) {
  const double width = slots[0].channel_width_hz[0];
  for (const SubbandSlot& slot : slots) {
    if (slot.freq_hz.size() != slots[0].freq_hz.size()) return std::nullopt;
    for (std::size_t c = 0; c < slot.freq_hz.size(); ++c) {
      const double expected = slot.freq_hz[0] + static_cast<double>(c) * width;
      const double slack = 1e-3 * width;
      if (std::abs(slot.freq_hz[c] - expected) > slack || std::abs(slot.channel_width_hz[c] - width) > slack)
        return std::nullopt;
    }
  }
  return width * static_cast<double>(slots[0].freq_hz.size());
}

double low_edge_hz(const SubbandSlot& slot) { return slot.freq_hz[0] - slot.channel_width_hz[0] / 2; }

/// Number of the correlator's subband at this place, counted from the lowest.
std::optional<long> place_in_band(const SubbandSlot& slot) {
  const double n = static_cast<double>(slot.freq_hz.size()), width = slot.channel_width_hz[0];
  if (std::abs(n * width - kSubbandHz) > 1e-3 * width) return std::nullopt;
  const auto place = as_integer((low_edge_hz(slot) - kLowestEdgeHz) / kSubbandHz, 1e-3 / n);
  return place && *place >= 0 && *place < kSubbands ? place : std::nullopt;
}

/// The slot `steps` whole subbands above another one.
SubbandSlot missing_slot(const SubbandSlot& of, long steps, double subband_hz) {
  SubbandSlot slot = of;
  slot.file.reset();
  for (double& freq : slot.freq_hz) freq += static_cast<double>(steps) * subband_hz;
  return slot;
}

std::vector<SubbandSlot> with_missing(const std::vector<SubbandSlot>& present) {
  const auto subband_hz = regular_subband_hz(present);
  if (!subband_hz) return present;
  std::vector<long> places;
  for (const SubbandSlot& slot : present) {
    const double steps = (slot.freq_hz[0] - present[0].freq_hz[0]) / *subband_hz;
    const auto place = as_integer(steps, 1e-3 / static_cast<double>(slot.freq_hz.size()));
    if (!place) return present;
    places.push_back(*place);
  }
  if (places.back() >= kSubbands) return present;
  long first = 0, end = places.back() + 1;
  const auto lowest = place_in_band(present[0]);
  if (lowest && *lowest + end <= kSubbands) {
    first = -*lowest;
    end = kSubbands - *lowest;
  }
  std::vector<SubbandSlot> all;
  std::size_t next = 0;
  for (long place = first; place < end; ++place) {
    const bool here = next < places.size() && places[next] == place;
    all.push_back(here ? present[next++] : missing_slot(present[0], place, *subband_hz));
  }
  return all;
}

}  // namespace

std::vector<SubbandSlot> lay_out_subbands(const std::vector<Uvh5Header>& headers) {
  std::vector<SubbandSlot> slots;
  for (std::size_t file = 0; file < headers.size(); ++file) {
    const bool reversed = headers[file].freq_hz.front() > headers[file].freq_hz.back();
    slots.push_back(
        {file, 0, ascending(headers[file].freq_hz, reversed), ascending(headers[file].channel_width_hz, reversed)});
  }
  slots = with_missing(slots);
  std::size_t channel = 0;
  for (SubbandSlot& slot : slots) {
    slot.first_channel = channel;
    channel += slot.freq_hz.size();
  }
  return slots;
}

std::string subband_name(const SubbandSlot& slot) {
  char text[64];
  if (const auto place = place_in_band(slot))
    std::snprintf(text, sizeof text, "sb%02ld", kSubbands - 1 - *place);
  else
    std::snprintf(text, sizeof text, "%.3f to %.3f MHz", low_edge_hz(slot) / 1e6,
                  (slot.freq_hz.back() + slot.channel_width_hz.back() / 2) / 1e6);
  return text;
}

}  // namespace contimg
