#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "uvh5/uvh5_header.h"

namespace contimg {

/// One subband of a group on its frequency axis.
struct SubbandSlot {
  std::optional<std::size_t> file;  ///< index of its header; nothing: the subband is missing
  std::size_t first_channel = 0;
  std::vector<double> freq_hz, channel_width_hz;  ///< ascending
};

/// Subbands of a group in ascending frequency, with a slot for each one that is missing, so that the frequency axis of
/// an observation does not depend on which files arrived.
///
/// Missing subbands are known where all files have as many channels of one width and stand whole subbands apart: those
/// between the files, and, where the files lie on the grid of the DSA-110 correlator, all of its 16. Elsewhere the
/// slots are the files alone.
/// @param headers  ascending in frequency, their channels distinct
std::vector<SubbandSlot> lay_out_subbands(const std::vector<Uvh5Header>& headers);

/// `sb03` where the slot is one of the correlator's subbands, else its frequencies; for messages.
std::string subband_name(const SubbandSlot& slot);

}  // namespace contimg
