#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/job_context.h"
#include "core/nd_array.h"
#include "uvh5/uvh5_reader.h"

namespace contimg {

/// A part of a file; what is absent means to the end, or all.
struct Uvh5Part {
  std::size_t first_row = 0, first_channel = 0;
  std::optional<std::size_t> n_rows, n_channels;
  std::optional<std::vector<std::size_t>> polarizations;  ///< indices
};

/// (rows, channels, pols) as in the file, to the bit.
struct Uvh5Data {
  std::variant<NdArray<std::complex<float>, 3>, NdArray<std::complex<double>, 3>,
               NdArray<std::complex<std::int32_t>, 3>>
      visibilities;
  NdArray<std::uint8_t, 3> flags;
  NdArray<float, 3> nsamples;
};

/// @throws Error{INVALID_ARGUMENT} the part is not within the file; Error{UVH5_FORMAT, FILE_ACCESS}
Uvh5Data read_uvh5(const std::string& path, const Uvh5Part& part, const JobContext& context);

}  // namespace contimg
