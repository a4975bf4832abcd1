#pragma once

namespace contimg::ms {

/// CASA's Stokes enumeration of an AIPS code (docs/conventions.md section 3); 0 where there is none.
constexpr int casa_stokes(int aips_code) {
  switch (aips_code) {
    case -5:
      return 9;  // XX
    case -7:
      return 10;  // XY
    case -8:
      return 11;  // YX
    case -6:
      return 12;  // YY
    case -1:
      return 5;  // RR
    case -3:
      return 6;  // RL
    case -4:
      return 7;  // LR
    case -2:
      return 8;  // LL
    default:
      return aips_code >= 1 && aips_code <= 4 ? aips_code : 0;  // I Q U V
  }
}

/// The AIPS code of a CASA Stokes number; 0 where there is none.
constexpr int aips_code(int casa) {
  for (int code = -8; code <= 4; ++code)
    if (code != 0 && casa_stokes(code) == casa) return code;
  return 0;
}

}  // namespace contimg::ms
