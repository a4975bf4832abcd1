#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/job_context.h"
#include "core/nd_array.h"
#include "uvh5/row_choice.h"
#include "uvh5/uvh5_reader.h"

namespace contimg {

/// A part of a file; what is absent means to the end, or all.
struct Uvh5Part {
  RowChoice rows;
  std::size_t first_channel = 0;
  std::optional<std::size_t> n_channels;
  std::optional<std::vector<std::size_t>> polarizations;  ///< indices
};

/// (rows, channels, pols) as in the file, to the bit.
struct Uvh5Data {
  std::variant<NdArray<std::complex<float>, 3>, NdArray<std::complex<double>, 3>,
               NdArray<std::complex<std::int32_t>, 3>>
      visibilities;
  NdArray<std::uint8_t, 3> flags;
  NdArray<float, 3> nsamples;
  NdArray<std::uint32_t, 1> rows;  ///< in the file
};

/// Memory: what comes back, and per thread 256 kB, or a compressed chunk and its contents.
/// @param threads  0: all
/// @throws Error{INVALID_ARGUMENT} the part is not within the file; Error{UVH5_FORMAT, FILE_ACCESS}
Uvh5Data read_uvh5(const std::string& path, const Uvh5Part& part, unsigned threads, const JobContext& context);

}  // namespace contimg
