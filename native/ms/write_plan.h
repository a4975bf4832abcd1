#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinates/rephase.h"
#include "core/observation.h"

namespace contimg::ms {

enum class FieldLayout {
  kMeridian,  ///< one field per integration, at the source's own phase centers; no visibility changes
  kSingle,    ///< one field; visibilities are moved to it
};

struct WriteOptions {
  FieldLayout fields = FieldLayout::kMeridian;
  std::optional<Direction> center;          ///< of the single field; the tile's own by default
  std::string telescope_name;               ///< empty: the source's
  bool autocorrelations = false;            ///< keep them
  int first_year = 2020, last_year = 2040;  ///< what the validation accepts
};

struct Field {
  std::string name;
  Direction center;
  double time_mjd_s = 0;
};

/// What the main table will hold. Rows stand spectral window by spectral window, in each as the source has them: the
/// correlator's files are one subband each, so that every block of a file goes to one run of rows and one pass in file
/// order writes tile after tile; a reader of one window reads one run.
struct WritePlan {
  std::vector<Field> fields;
  std::vector<std::uint32_t> field_of_time;  ///< per integration
  std::vector<std::uint32_t> kept;           ///< rows of the source that are written, ascending
  std::vector<std::uint32_t> rank;           ///< per row of the source and one more: how many before it are kept
  Rephasing rephasing;                       ///< uvw of every row of the source for its field, and the phase to apply

  std::size_t n_kept() const { return kept.size(); }
};

/// @throws Error{INVALID_ARGUMENT} for an empty observation or one without a row to keep
WritePlan plan_write(const Observation& observation, const WriteOptions& options);

}  // namespace contimg::ms
