#include <algorithm>
#include <cstring>

#include "mutations.h"

namespace contimg::fuzz {
namespace {

/// Places of the signatures of HDF5's structures, and of the superblock: where the numbers stand that matter.
std::vector<std::size_t> structures(const Bytes& bytes) {
  constexpr const char* kSignatures[] = {"\x89HDF", "TREE", "SNOD", "HEAP", "GCOL", "OHDR", "OCHK", "FRHP", "FHDB",
                                         "BTHD",    "BTLF", "FAHD", "FADB", "EAHD", "EAIB", "EASB", "EADB"};
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at + 4 <= bytes.size(); ++at)
    for (const char* signature : kSignatures)
      if (std::memcmp(&bytes[at], signature, 4) == 0) places.push_back(at);
  return places;
}

/// Places that look like addresses: 8 bytes, little-endian, within the file.
std::vector<std::size_t> addresses(const Bytes& bytes) {
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t value;
    std::memcpy(&value, &bytes[at], 8);
    if (value >= 48 && value < bytes.size() && value % 8 == 0) places.push_back(at);
  }
  return places;
}

/// Anywhere, or near a structure, where most damage would otherwise miss.
std::size_t place(const Bytes& bytes, Dice& dice) {
  const std::vector<std::size_t> known = structures(bytes);
  if (known.empty() || dice.once_in(3)) return dice.below(bytes.size());
  return std::min(bytes.size() - 1, dice.pick(known) + dice.below(dice.once_in(4) ? 512 : 64));
}

void store(Bytes& bytes, std::size_t at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size && at + i < bytes.size(); ++i)
    bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

std::string flip_bits(Bytes& bytes, Dice& dice) {
  const std::size_t count = 1 + dice.below(8);
  std::string done = "flip bits at";
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = place(bytes, dice);
    bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1u << dice.below(8)));
    done += " " + std::to_string(at);
  }
  return done;
}

std::string fill_run(Bytes& bytes, Dice& dice) {
  const std::size_t at = place(bytes, dice);
  const std::size_t size = std::min(bytes.size() - at, dice.pick({1, 2, 4, 8, 64, 512, 4096}) + dice.below(4));
  const std::size_t kind = dice.below(3);
  for (std::size_t i = 0; i < size; ++i)
    bytes[at + i] = kind == 0 ? 0 : kind == 1 ? 0xff : static_cast<std::uint8_t>(dice.word());
  return "fill " + std::to_string(size) + " bytes at " + std::to_string(at);
}

std::string change_length(Bytes& bytes, Dice& dice) {
  if (dice.once_in(4)) {
    bytes.resize(bytes.size() + dice.below(4096), static_cast<std::uint8_t>(dice.word()));
    return "lengthen to " + std::to_string(bytes.size());
  }
  bytes.resize(dice.once_in(3) ? bytes.size() - 1 - dice.below(64) : dice.below(bytes.size()));
  return "cut to " + std::to_string(bytes.size());
}

std::string set_number(Bytes& bytes, Dice& dice) {
  const std::size_t at = dice.once_in(2) ? place(bytes, dice) : place(bytes, dice) / 8 * 8;
  const std::uint64_t value = dice.pick<std::uint64_t>({0,
                                                        1,
                                                        2,
                                                        255,
                                                        256,
                                                        65535,
                                                        65536,
                                                        0x7fffffff,
                                                        0x80000000,
                                                        0xffffffff,
                                                        0x100000000,
                                                        1ull << 40,
                                                        1ull << 62,
                                                        (1ull << 63) - 1,
                                                        1ull << 63,
                                                        ~0ull,
                                                        ~0ull - 7,
                                                        bytes.size(),
                                                        bytes.size() - 1,
                                                        at,
                                                        at & ~std::uint64_t{511}});
  const std::size_t size = dice.pick<std::size_t>({1, 2, 4, 8});
  store(bytes, at, value, size);
  return "set " + std::to_string(size) + " bytes at " + std::to_string(at) + " to " + std::to_string(value);
}

/// Trees, heaps, headers and chunks in one another's places; loops among them.
std::string redirect(Bytes& bytes, Dice& dice) {
  const std::vector<std::size_t> known = addresses(bytes);
  if (known.size() < 2) return flip_bits(bytes, dice);
  const std::size_t at = dice.pick(known), from = dice.pick(known);
  const std::vector<std::size_t> targets = structures(bytes);
  if (dice.once_in(2) && !targets.empty()) {
    store(bytes, at, dice.pick(targets), 8);
    return "address at " + std::to_string(at) + " leads to a structure";
  }
  std::memmove(&bytes[at], &bytes[from], 8);
  if (dice.once_in(4)) bytes[at] = static_cast<std::uint8_t>(bytes[at] + dice.below(16));
  return "address at " + std::to_string(at) + " as at " + std::to_string(from);
}

/// A node of a version 1 B-tree, of groups or of chunks, becomes an inner one whose children are nodes, often itself.
std::string grow_tree(Bytes& bytes, Dice& dice) {
  std::vector<std::size_t> nodes;
  for (const std::size_t at : structures(bytes))
    if (std::memcmp(&bytes[at], "TREE", 4) == 0 && at + 600 < bytes.size()) nodes.push_back(at);
  if (nodes.empty()) return redirect(bytes, dice);
  const std::size_t node = dice.pick(nodes);
  const bool of_chunks = bytes[node + 4] == 1;
  const std::size_t key_bytes = of_chunks ? 8 + 8 * dice.pick<std::size_t>({2, 4, 5}) : 8;
  if (dice.once_in(2)) bytes[node + 5] = static_cast<std::uint8_t>(1 + dice.below(3));
  if (dice.once_in(3)) store(bytes, node + 6, 1 + dice.below(64), 2);
  const std::size_t children = 1 + dice.below(3);
  for (std::size_t i = 0; i < children; ++i)
    store(bytes, node + 24 + key_bytes + i * (key_bytes + 8), dice.once_in(2) ? node : dice.pick(nodes), 8);
  return "grow the tree at " + std::to_string(node);
}

/// A tree of as many levels as `kLevels`, every node of which has the next one for both of its children: 2^kLevels
/// paths in a few kilobytes.
std::string plant_deep_tree(Bytes& bytes, Dice& dice) {
  constexpr std::size_t kLevels = 60;
  std::vector<std::size_t> nodes;
  for (const std::size_t at : structures(bytes))
    if (std::memcmp(&bytes[at], "TREE\1", 5) == 0) nodes.push_back(at);
  if (nodes.empty()) return redirect(bytes, dice);
  const std::size_t node = dice.pick(nodes), key_bytes = 8 + 8 * dice.pick<std::size_t>({4, 5});
  const std::size_t node_bytes = 4096, first = (bytes.size() + 7) / 8 * 8;
  const std::size_t n_first = dice.below(60);  // rows of the first keys
  bytes.resize(first + kLevels * node_bytes);
  const auto plant = [&](std::size_t at, std::size_t level, std::size_t child) {
    std::memcpy(&bytes[at], "TREE\1", 5);
    store(bytes, at + 5, level, 1);
    store(bytes, at + 6, 2, 2);
    store(bytes, at + 8, ~0ull, 8);
    store(bytes, at + 16, ~0ull, 8);
    for (std::size_t i = 0; i < 3; ++i) store(bytes, at + 24 + i * (key_bytes + 8) + 8, level > 0 ? i : n_first, 8);
    for (std::size_t i = 0; i < 2; ++i) store(bytes, at + 24 + key_bytes + i * (key_bytes + 8), child, 8);
  };
  for (std::size_t k = 0; k < kLevels; ++k)
    plant(first + k * node_bytes, kLevels - 1 - k, first + (k + 1) * node_bytes);
  plant(node, kLevels, first);
  return "plant a deep tree at " + std::to_string(node);
}

/// Multiplies every number that may be a count of rows, and what follows from it, by a large factor: shapes that agree
/// among each other and with the space they claim.
std::string multiply_rows(Bytes& bytes, Dice& dice) {
  const std::uint64_t factor = dice.pick<std::uint64_t>({2, 1000, 1 << 20, 1 << 23, 1ull << 40});
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 2) {
    std::uint64_t value;
    std::memcpy(&value, &bytes[at], 8);
    for (const std::uint64_t per_row : {1, 8, 12, 16, 64, 128, 256})
      if (value == 30 * per_row) store(bytes, at, value * factor, 8);
  }
  return "multiply the rows by " + std::to_string(factor);
}

std::string copy_block(Bytes& bytes, Dice& dice) {
  const std::size_t to = place(bytes, dice), from = place(bytes, dice);
  const std::size_t size = std::min(bytes.size() - std::max(to, from), dice.pick<std::size_t>({8, 16, 64, 256, 1024}));
  std::memmove(&bytes[to], &bytes[from], size);
  return "copy " + std::to_string(size) + " bytes from " + std::to_string(from) + " to " + std::to_string(to);
}

}  // namespace

std::string mutate_bytes(Bytes& bytes, Dice& dice) {
  std::string done;
  const std::size_t count = dice.once_in(3) ? 1 + dice.below(4) : 1;
  for (std::size_t i = 0; i < count && !bytes.empty(); ++i) {
    if (i > 0) done += "; ";
    switch (dice.below(12)) {
      case 0:
      case 1:
        done += flip_bits(bytes, dice);
        break;
      case 2:
        done += fill_run(bytes, dice);
        break;
      case 3:
        done += change_length(bytes, dice);
        break;
      case 4:
      case 5:
        done += set_number(bytes, dice);
        break;
      case 6:
      case 7:
        done += redirect(bytes, dice);
        break;
      case 8:
        done += grow_tree(bytes, dice);
        break;
      case 9:
        done += dice.once_in(4) ? plant_deep_tree(bytes, dice) : multiply_rows(bytes, dice);
        break;
      default:
        done += copy_block(bytes, dice);
    }
  }
  return done;
}

}  // namespace contimg::fuzz
