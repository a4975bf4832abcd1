#pragma once

#include <vector>

#include "core/observation.h"
#include "uvh5/uvh5_header.h"

namespace contimg {

/// Throws Error{UVH5_FORMAT} unless the file's rows are integrations in ascending time, each with the same baselines in
/// the same order, and its channels ascend or descend.
void require_regular_rows(const Uvh5Header& header);
void require_ordered_channels(const Uvh5Header& header);

/// Throws Error{UVH5_FORMAT} where the file's uvw_array is not that of its antenna positions in the hour-angle and
/// declination frame at HA = 0, to 0.1 m and 5 mrad: the sign or order of the baselines, or the declination, is then
/// not what this code takes it to be.
void require_uvw_of_positions(const Uvh5Header& header);

/// Throws Error{INCONSISTENT_GROUP} naming the dataset and both files where `other` is of another observation.
void require_same_observation(const Uvh5Header& first, const Uvh5Header& other);

/// Throws where two files share frequencies: Error{INCOMPLETE_GROUP} for one subband twice, Error{INCONSISTENT_GROUP}
/// for a partial overlap. `headers` ascend in frequency.
void require_distinct_channels(const std::vector<Uvh5Header>& headers);

}  // namespace contimg
