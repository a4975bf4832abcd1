#include "uvh5/chunk_index.h"

#include <algorithm>
#include <cstring>
#include <utility>

// libhdf5 1.10 tells the place of one chunk by walking all of them, so that asking for each of n chunks costs n^2 / 2
// steps: fine for hundreds, seconds for the ten thousands of small chunks that h5py's guess makes. Those are found
// here, in the version 1 B-tree that libhdf5 writes unless it is told to use newer formats (HDF5 File Format
// Specification 3.0, sections III.A.1 and IV.A.1.a, IV.A.2.i). All numbers are little-endian.
//
//   object header  version 1: 16 bytes, then messages of 8 bytes (type, size, flags) and their data; a message of type
//                  16 names a further block of messages
//   layout message (type 8) version 3, class 2: number of axes + 1, address of the tree's root
//   tree node      "TREE", type 1, level, number of entries, two addresses of neighbors; then key, child, key, ...
//   key            bytes in the file, filter mask, first element of the chunk on each axis, 0; keys ascend
//   child          address of a node, or at level 0 of the chunk
//
// Every address is checked against the file, every level against the one above; chunks must ascend and nodes hold some,
// so that a damaged tree ends in an error, and soon.

namespace contimg {
namespace {

constexpr hsize_t kFewChunks = 256;  // so many that libhdf5 finds each of them in under 5 ms in all
constexpr std::uint64_t kUndefined = ~std::uint64_t{0};

template <typename T>
T number_at(const std::uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

[[noreturn]] void refuse_index(const Hdf5File& file, const Hdf5Dataset& dataset) {
  file.refuse("Expected " + dataset.name + " to have an index of its chunks but it is damaged. Copy the file again");
}

/// Address of the root of a version 1 B-tree, from the dataset's object header; nothing for other formats.
std::optional<std::uint64_t> find_tree(const Hdf5File& file, const Hdf5Dataset& dataset) {
  constexpr std::uint64_t kMaxBlockBytes = 1 << 20;
  constexpr int kMaxBlocks = 256;
  H5O_info_t info;
  if (H5Oget_info2(dataset.id.id(), &info, H5O_INFO_BASIC) < 0) return std::nullopt;
  const RawFile& raw = file.raw();
  std::uint8_t prefix[16];
  if (!raw.holds(info.addr, sizeof prefix)) return std::nullopt;
  raw.read(info.addr, sizeof prefix, prefix);
  if (prefix[0] != 1) return std::nullopt;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks{{info.addr + 16, number_at<std::uint32_t>(prefix + 8)}};
  for (std::size_t k = 0; k < blocks.size() && k < kMaxBlocks; ++k) {
    const auto [address, size] = blocks[k];
    if (size > kMaxBlockBytes || !raw.holds(address, size)) return std::nullopt;
    std::vector<std::uint8_t> block(size);
    raw.read(address, size, block.data());
    for (std::size_t at = 0; at + 8 <= size;) {
      const auto type = number_at<std::uint16_t>(&block[at]), length = number_at<std::uint16_t>(&block[at + 2]);
      const std::uint8_t flags = block[at + 4], *data = block.data() + at + 8;
      at += 8 + std::size_t{length};
      if (at > size || flags & 2) return std::nullopt;  // bit 1: the message lies elsewhere
      if (type == 16 && length >= 16)
        blocks.emplace_back(number_at<std::uint64_t>(data), number_at<std::uint64_t>(data + 8));
      if (type == 8) {
        const bool known = length >= 11 && data[0] == 3 && data[1] == 2 && data[2] == dataset.shape.size() + 1;
        return known ? std::optional(number_at<std::uint64_t>(data + 3)) : std::nullopt;
      }
    }
  }
  return std::nullopt;
}

/// Collects the chunks of some rows of chunks, from the root down, in ascending order.
class TreeWalk {
 public:
  TreeWalk(const Hdf5File& file, const Hdf5Dataset& dataset, std::uint64_t first_row, std::uint64_t end_row)
      : file_(file), dataset_(dataset), grid_(chunk_grid(dataset)), first_row_(first_row), end_row_(end_row) {
    std::size_t count = end_row - first_row;
    for (std::size_t axis = 1; axis < grid_.size(); ++axis) count *= grid_[axis];
    chunks_.resize(count);
  }

  std::vector<StoredChunk> run(std::uint64_t root) {
    if (root != kUndefined) visit(root, -1);
    return std::move(chunks_);
  }

 private:
  void visit(std::uint64_t address, int expected_level) {
    constexpr std::size_t kHeader = 24;
    const std::size_t rank = grid_.size(), key_bytes = 8 + 8 * (rank + 1);
    const RawFile& raw = file_.raw();
    std::uint8_t header[kHeader];
    if (!raw.holds(address, kHeader)) refuse_index(file_, dataset_);
    raw.read(address, kHeader, header);
    const int level = header[5];
    const std::size_t n = number_at<std::uint16_t>(header + 6);
    const bool is_root = expected_level < 0;
    const bool fits = std::memcmp(header, "TREE\1", 5) == 0 && (is_root || (level == expected_level && n > 0));
    const std::size_t bytes = n * (key_bytes + 8) + key_bytes;
    if (!fits || !raw.holds(address + kHeader, bytes)) refuse_index(file_, dataset_);
    std::vector<std::uint8_t> entries(bytes);
    raw.read(address + kHeader, bytes, entries.data());
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint8_t* key = &entries[i * (key_bytes + 8)];
      const std::uint64_t row = number_at<std::uint64_t>(key + 8) / dataset_.chunk[0];
      const std::uint64_t next_row = number_at<std::uint64_t>(key + key_bytes + 8 + 8) / dataset_.chunk[0];
      const std::uint64_t child = number_at<std::uint64_t>(key + key_bytes);
      if (row >= end_row_) break;
      if (level == 0)
        add(key, child);
      else if (i + 1 == n || next_row >= first_row_)
        visit(child, level - 1);
    }
  }

  void add(const std::uint8_t* key, std::uint64_t address) {
    Hdf5Shape first(grid_.size());
    std::memcpy(first.data(), key + 8, 8 * first.size());
    if (!last_.empty() && !(last_ < first)) refuse_index(file_, dataset_);
    last_ = first;
    std::uint64_t index = 0;
    for (std::size_t axis = 0; axis < grid_.size(); ++axis) {
      std::uint64_t at = first[axis] / dataset_.chunk[axis];
      if (first[axis] % dataset_.chunk[axis] != 0) refuse_index(file_, dataset_);
      if (axis == 0) {
        if (at < first_row_ || at >= end_row_) return;
        at -= first_row_;
      } else if (at >= grid_[axis]) {
        return;  // libhdf5 leaves chunks beyond the shape where a dataset shrank
      }
      index = axis == 0 ? at : index * grid_[axis] + at;
    }
    chunks_[index] = {address, number_at<std::uint32_t>(key), number_at<std::uint32_t>(key + 4)};
    if (!file_.raw().holds(address, chunks_[index].size)) refuse_index(file_, dataset_);
  }

  const Hdf5File& file_;
  const Hdf5Dataset& dataset_;
  const Hdf5Shape grid_;
  const std::uint64_t first_row_, end_row_;
  Hdf5Shape last_;  ///< first element of the chunk before
  std::vector<StoredChunk> chunks_;
};

/// Asks libhdf5 for each chunk of the whole dataset.
std::optional<std::vector<StoredChunk>> ask_libhdf5(const Hdf5File& file, const Hdf5Dataset& dataset, hsize_t stored,
                                                    std::uint64_t first_row, std::uint64_t end_row) {
  const Hdf5Shape grid = chunk_grid(dataset);
  std::size_t per_row = 1;
  for (std::size_t axis = 1; axis < grid.size(); ++axis) per_row *= grid[axis];
  std::vector<StoredChunk> chunks((end_row - first_row) * per_row);
  for (hsize_t k = 0; k < stored; ++k) {
    Hdf5Shape first(grid.size());
    unsigned mask = 0;
    haddr_t address = 0;
    hsize_t size = 0;
    if (H5Dget_chunk_info(dataset.id.id(), dataset.space.id(), k, first.data(), &mask, &address, &size) < 0)
      return std::nullopt;
    std::uint64_t index = 0;
    bool within = true;
    for (std::size_t axis = 0; axis < grid.size(); ++axis) {
      const hsize_t at = first[axis] / dataset.chunk[axis];
      within = within && (axis == 0 ? at >= first_row && at < end_row : at < grid[axis]);
      index = axis == 0 ? at - first_row : index * grid[axis] + at;
    }
    if (!within) continue;
    if (size > ~std::uint32_t{0} || !file.raw().holds(address, size)) refuse_index(file, dataset);
    chunks[index] = {address, static_cast<std::uint32_t>(size), mask};
  }
  return chunks;
}

}  // namespace

Hdf5Shape chunk_grid(const Hdf5Dataset& dataset) {
  Hdf5Shape grid;
  for (std::size_t axis = 0; axis < dataset.shape.size(); ++axis)
    grid.push_back(dataset.shape[axis] / dataset.chunk[axis] + (dataset.shape[axis] % dataset.chunk[axis] != 0));
  return grid;
}

std::optional<std::vector<StoredChunk>> find_chunks(const Hdf5File& file, const Hdf5Dataset& dataset,
                                                    std::uint64_t first_row, std::uint64_t end_row) {
  if (!file.has_plain_addresses()) return std::nullopt;
  if (const auto root = find_tree(file, dataset)) return TreeWalk(file, dataset, first_row, end_row).run(*root);
  hsize_t stored = 0;
  if (H5Dget_num_chunks(dataset.id.id(), dataset.space.id(), &stored) < 0 || stored > kFewChunks) return std::nullopt;
  return ask_libhdf5(file, dataset, stored, first_row, end_row);
}

}  // namespace contimg
