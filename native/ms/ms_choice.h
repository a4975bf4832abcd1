#pragma once

#include <casacore/tables/Tables/Table.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/observation.h"

namespace contimg::ms {

/// Which of an MS's fields and data descriptions make up the observation. Empty: all that have rows, where they go
/// together.
struct Choice {
  std::vector<std::size_t> field_ids;          ///< rows of FIELD
  std::vector<std::string> field_names;        ///< every field of that name
  std::vector<std::size_t> data_descriptions;  ///< rows of DATA_DESCRIPTION

  bool any_field() const { return field_ids.empty() && field_names.empty(); }
};

/// The spectral window of a data description.
struct Window {
  std::size_t data_description = 0, spectral_window = 0;
  std::vector<double> freq_hz, channel_width_hz;  ///< ascending; widths > 0
  bool descending = false;                        ///< the order of channels in the table
};

/// The data descriptions to read, and what they have in common.
struct ChosenWindows {
  std::vector<Window> windows;     ///< ascending in frequency
  std::vector<int> polarizations;  ///< AIPS codes
};

/// Decides which data descriptions to read.
/// @param in_use  those that have rows, ascending
/// @throws Error{INVALID_ARGUMENT} for a choice of what is not there; Error{MEASUREMENT_SET}, listing the data
///         descriptions, where they differ in polarizations or overlap in frequency, and where one is damaged
ChosenWindows choose_windows(const casacore::Table& ms, const std::string& path, const Choice& choice,
                             const std::vector<std::size_t>& in_use);

/// Which fields to read, by FIELD row.
/// @throws Error{INVALID_ARGUMENT}, listing the fields, for a choice of what is not there
std::vector<char> choose_fields(const std::vector<std::string>& names, const std::string& path, const Choice& choice);

/// Throws Error{MEASUREMENT_SET}, listing the fields, unless the phase centers of all integrations go together: within
/// an arc minute, or, for a drift scan, within a degree as seen from the ground.
/// @param field_of_time  per integration, into `names`
void require_one_direction(const Observation& observation, const std::vector<std::uint32_t>& field_of_time,
                           const std::vector<std::string>& names, const std::string& path);

}  // namespace contimg::ms
