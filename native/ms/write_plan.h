#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinates/rephase.h"
#include "core/observation.h"
#include "ms/averaging_plan.h"

namespace contimg::ms {

enum class FieldLayout {
  kMeridian,  ///< one field per integration, at the source's own phase centers; no visibility changes
  kSingle,    ///< one field; visibilities are moved to it
};

struct WriteOptions {
  FieldLayout fields = FieldLayout::kMeridian;
  std::optional<Direction> center;                  ///< of the single field; the tile's own by default
  std::string telescope_name;                       ///< empty: the source's
  bool autocorrelations = false;                    ///< keep them
  bool one_window = false;                          ///< all channels in one spectral window; otherwise the source's own
  bool model_data = false, corrected_data = false;  ///< write these columns too
  bool always_weight_spectrum = false;       ///< also where every channel of a row has the weight that WEIGHT says
  std::optional<AveragingLimits> averaging;  ///< in time, baseline by baseline; of a single field only
  bool validation_is_fatal = true;
  int first_year = 2020, last_year = 2040;  ///< what the validation accepts
};

struct Field {
  std::string name;
  Direction center;
  double time_mjd_s = 0;
};

/// An integration as it was observed.
struct Integration {
  double time_mjd_s, length_s;
  Direction pointing;
};

/// Extent of the tiles in which DATA, FLAG and WEIGHT_SPECTRUM are stored, all polarizations in each.
struct TileShape {
  std::size_t channels = 0, rows = 0;
};

/// What the main table will hold. Rows stand spectral window by spectral window, in each as the source has them: the
/// correlator's files are one subband each, so that every block of a file goes to one run of rows and one pass in file
/// order writes tile after tile; a reader of one window reads one run.
struct WritePlan {
  Observation observation;                ///< what is written, in the spectral windows of the MS
  std::vector<Integration> integrations;  ///< before any averaging
  std::vector<Field> fields;
  std::vector<std::uint32_t> field_of_time;  ///< per integration of `observation`
  std::vector<std::uint32_t> kept;           ///< rows of the source that are written, ascending
  std::vector<std::uint32_t> rank;           ///< per row of the source and one more: how many before it are kept
  Rephasing rephasing;                       ///< uvw of every row of the source for its field, and the phase to apply
  TileShape tile;
  bool averaged = false;  ///< TIME_CENTROID, EXPOSURE and UVW are known when the last visibility has come
  bool model_data = false, corrected_data = false, always_weight_spectrum = false;

  std::size_t n_kept() const { return kept.size(); }
  std::size_t n_windows() const { return observation.spw_first_channel.size(); }
  std::size_t n_table_rows() const { return n_kept() * n_windows(); }
  std::size_t n_channels_of(std::size_t spw) const;
  bool windows_alike() const;  ///< all have the same number of channels
};

/// Tiles for the visibilities of an observation, cut to their number of rows by the caller.
TileShape plan_tile(const Observation& source);

/// The field of the single-field layout.
Field single_field(const Observation& observation, const WriteOptions& options);

/// @param written  of the source that is written: `observed`, or that averaged
/// @param field    the single field, in that layout
/// @throws Error{INVALID_ARGUMENT} for an empty observation or one without a row to keep
WritePlan plan_write(const Observation& observed, const Observation& written, const std::optional<Field>& field,
                     const WriteOptions& options);

}  // namespace contimg::ms
