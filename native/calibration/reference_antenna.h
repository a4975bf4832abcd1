#pragma once

#include <string>
#include <vector>

#include "calibration/normal_sums.h"
#include "core/solutions.h"

namespace contimg::calibration {

/// The antenna of a name.
/// @throws Error{INVALID_ARGUMENT} there is none, or it has no data; the message lists those that have
std::size_t named_reference(const std::vector<Antenna>& antennas, const std::string& name, const NormalSums& sums);

/// The antenna with the most good solutions of both feeds, of those the one with the highest SNR in all.
std::size_t healthiest_antenna(const Solutions& solutions);

/// Turns all phases so that the reference antenna's is 0; where it has no solution, all are flagged.
void refer_to(std::size_t reference, Solutions& solutions);

}  // namespace contimg::calibration
