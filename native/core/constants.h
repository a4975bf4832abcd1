#pragma once

namespace contimg {

inline constexpr double kPi = 3.14159265358979323846;
inline constexpr double kSpeedOfLight = 299792458.0;  // m/s, exact
inline constexpr double kMjdOfJd = 2400000.5;         // JD of MJD 0
inline constexpr double kSecondsPerDay = 86400.0;
inline constexpr double kDegree = kPi / 180.0;
inline constexpr double kArcsec = kDegree / 3600.0;

}  // namespace contimg
