#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "uvh5/raw_file.h"

namespace contimg {

/// A number as HDF5 stores it: little-endian, anywhere in memory.
template <typename T>
T stored_number(const std::uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

/// The address of what is not there.
inline constexpr std::uint64_t kNoAddress = ~std::uint64_t{0};

/// One message of an object's header: what libhdf5 stores of a dataset or a group. Its data lie in this header, not
/// in another object's.
struct HeaderMessage {
  static constexpr unsigned kLayout = 8, kContinuation = 16, kSymbolTable = 17;
  unsigned type;
  std::vector<std::uint8_t> data;
};

/// The messages of an object, past libhdf5; those up to the first one that makes no sense. `address` counts from the
/// first byte of the file.
std::vector<HeaderMessage> read_object_header(const RawFile& file, std::uint64_t address);

}  // namespace contimg
