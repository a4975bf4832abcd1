#pragma once

#include <string>

namespace contimg::ms {

/// Largest difference between a stored and a recomputed UVW: of an MS that this code wrote, and of any other, whose
/// writer may use another precession model (0.3" over 2.7 km).
inline constexpr double kExactUvwTolerance_m = 1e-6, kForeignUvwTolerance_m = 5e-3;

struct ValidationLimits {
  int first_year = 2020, last_year = 2040;
  double uvw_tolerance_m = kForeignUvwTolerance_m;
};

/// Checks what has gone wrong in real conversions, and throws at the first thing found:
///
/// - every column and subtable is there, and DATA has the shape that the subtables say
/// - channels ascend in each spectral window and from one to the next, widths are positive
/// - exactly one OBSERVATION row; its TIME_RANGE holds every TIME; years within the limits
/// - PHASE_DIR, REFERENCE_DIR and DELAY_DIR are equal in every field
/// - fields that follow the sky: their apparent directions at the TIME of their rows are one and the same, to 1"
/// - antennas lie within 50 km of the site, no two in one place
/// - UVW is finite and that of the row's antennas, TIME_CENTROID and field, recomputed
///
/// @throws Error{MEASUREMENT_SET, FILE_ACCESS}
void validate_ms(const std::string& path, const ValidationLimits& limits);

}  // namespace contimg::ms
