#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "uvh5/bitshuffle_filter.h"
#include "uvh5/hdf5_file.h"

namespace contimg {

/// Memory that decoding needs, kept from chunk to chunk.
using DecodingScratch = std::array<std::vector<std::uint8_t>, 2>;

/// Decodes the chunks of a dataset outside of libhdf5, and so on any number of threads: gzip, LZF, bitshuffle, shuffle
/// and fletcher32, in every order that makes sense.
class FilterPipeline {
 public:
  /// No filter: chunks lie in the file as they are.
  FilterPipeline() = default;
  /// Whether an HDF5 filter is one of those above.
  static bool knows(H5Z_filter_t filter);
  /// Nothing where a filter is of another kind, or two of them compress. Threads: call under hdf5_lock().
  static std::optional<FilterPipeline> of(const Hdf5Dataset& dataset);

  bool empty() const { return filters_.empty(); }

  /// Whether `stored` bytes can hold a chunk of `bytes`: else decoding would take memory that a damaged file names.
  bool can_hold(std::size_t stored, std::size_t bytes) const;

  /// @param mask  bit i: filter i was not applied
  /// @returns false where the chunk is malformed, fails its checksum, or does not give `out_size` bytes
  bool decode(const std::uint8_t* in, std::size_t in_size, unsigned mask, std::uint8_t* out, std::size_t out_size,
              DecodingScratch& scratch) const;

 private:
  enum class Kind { kDeflate, kLzf, kBitshuffle, kShuffle, kFletcher32 };
  struct Filter {
    Kind kind;
    std::size_t element_bytes = 1;      ///< of kShuffle
    BitshuffleParameters bitshuffle{};  ///< of kBitshuffle
  };
  static bool compresses(const Filter& filter);
  static bool undo(const Filter& filter, const std::uint8_t* in, std::size_t in_size, std::uint8_t* out,
                   std::size_t out_size);

  std::vector<Filter> filters_;  ///< in the order in which they were applied
};

}  // namespace contimg
