#include "uvh5/object_header.h"

#include <algorithm>
#include <utility>

// HDF5 File Format Specification 3.0, section IV.A.1.
//
//   version 1  1, 0, messages (2), references (4), bytes of the first block (4), 4 bytes of padding; then the block.
//              A message: type (2), bytes of data (2), flags (1), 3 bytes of padding, data
//   version 2  "OHDR", 2, flags (1), times (16, if flag 5), thresholds (4, if flag 4), bytes of the first block (1, 2,
//   4
//              or 8: flags 0 and 1); then the block and a checksum (4).
//              A message: type (1), bytes of data (2), flags (1), creation order (2, if flag 2 of the header), data
//
// A message of type 16 names a further block: address (8), bytes (8); in version 2 it begins with "OCHK" and ends with
// a checksum.

namespace contimg {
namespace {

constexpr std::uint64_t kMaxBlockBytes = 1 << 20;
constexpr std::size_t kMaxBlocks = 256;

struct Format {
  std::size_t message_prefix;  ///< bytes before the data of a message
  std::size_t block_prefix = 0, block_suffix = 0;
  bool wide = true;  ///< 2 bytes of type
};

struct Block {
  std::uint64_t address, size;
};

/// The first block of messages; size 0 where there is no header.
Block first_block(const RawFile& file, std::uint64_t address, Format& format) {
  constexpr std::size_t kLongest = 34;
  if (!file.holds(address, 16)) return {};
  std::uint8_t prefix[kLongest] = {};
  file.read(address, file.holds(address, kLongest) ? kLongest : 16, prefix);
  if (prefix[0] == 1) {
    format = {8};
    return {address + 16, stored_number<std::uint32_t>(prefix + 8)};
  }
  if (std::memcmp(prefix, "OHDR\2", 5) != 0) return {};
  const unsigned flags = prefix[5];
  const std::size_t at = 6 + (flags & 32 ? 16 : 0) + (flags & 16 ? 4 : 0), size_bytes = std::size_t{1} << (flags & 3);
  format = {flags & 4 ? std::size_t{6} : std::size_t{4}, 4, 4, false};
  std::uint64_t size = 0;
  std::memcpy(&size, prefix + at, size_bytes);
  return {address + at + size_bytes, size};
}

/// Appends the messages of a block, and the blocks that they name.
bool read_block(const std::vector<std::uint8_t>& block, const Format& format, std::vector<HeaderMessage>& messages,
                std::vector<Block>& blocks) {
  constexpr unsigned kShared = 2;  // flag: the data lie in another object
  for (std::size_t at = 0; at + format.message_prefix <= block.size();) {
    const std::uint8_t* const prefix = &block[at];
    const unsigned type = format.wide ? stored_number<std::uint16_t>(prefix) : prefix[0];
    const std::size_t length = stored_number<std::uint16_t>(prefix + (format.wide ? 2 : 1));
    const unsigned flags = prefix[format.wide ? 4 : 3];
    at += format.message_prefix;
    if (length > block.size() - at) return false;
    const auto data = block.begin() + static_cast<std::ptrdiff_t>(at);
    if (type == HeaderMessage::kContinuation && length >= 16)
      blocks.push_back({stored_number<std::uint64_t>(&*data), stored_number<std::uint64_t>(&*data + 8)});
    else if (!(flags & kShared))
      messages.push_back({type, {data, data + static_cast<std::ptrdiff_t>(length)}});
    at += length;
  }
  return true;
}

}  // namespace

std::vector<HeaderMessage> read_object_header(const RawFile& file, std::uint64_t address) {
  std::vector<HeaderMessage> messages;
  Format format{};
  std::vector<Block> blocks{first_block(file, address, format)};
  for (std::size_t k = 0; k < blocks.size() && k < kMaxBlocks; ++k) {
    const std::size_t around = k == 0 ? 0 : format.block_prefix + format.block_suffix;
    const auto [begin, size] = blocks[k];
    if (size < around || size > kMaxBlockBytes || !file.holds(begin, size)) break;
    std::vector<std::uint8_t> block(size - around);
    file.read(begin + (k == 0 ? 0 : format.block_prefix), block.size(), block.data());
    if (!read_block(block, format, messages, blocks)) break;
  }
  return messages;
}

}  // namespace contimg
