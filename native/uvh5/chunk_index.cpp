#include "uvh5/chunk_index.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <unordered_set>
#include <utility>

#include "uvh5/object_header.h"

// libhdf5 1.10 tells the place of one chunk by walking all of them, so that asking for each of n chunks costs n^2 / 2
// steps: fine for hundreds, seconds for the ten thousands of small chunks that h5py's guess makes. Those are found
// here, in the version 1 B-tree that libhdf5 writes unless it is told to use newer formats (HDF5 File Format
// Specification 3.0, sections III.A.1 and IV.A.1.a, IV.A.2.i). All numbers are little-endian.
//
//   layout message of the object header, version 3, class 2: number of axes + 1, address of the tree's root
//   tree node      "TREE", type 1, level, number of entries, two addresses of neighbors; then key, child, key, ...
//   key            bytes in the file, filter mask, first element of the chunk on each axis, 0; keys ascend
//   child          address of a node, or at level 0 of the chunk
//
// Every address is checked against the file, every level against the one above; chunks must ascend, nodes hold some and
// have one parent, so that a damaged tree ends in an error, and soon. libhdf5 follows it without end.

namespace contimg {
namespace {

constexpr hsize_t kFewChunks = 256;  // so many that libhdf5 finds each of them in under 5 ms in all

[[noreturn]] void refuse_index(const Hdf5File& file, const Hdf5Dataset& dataset) {
  file.refuse("Expected " + dataset.name + " to have an index of its chunks but it is damaged. Copy the file again");
}

/// Address of the root of a version 1 B-tree, from the dataset's object header; nothing for other formats.
std::optional<std::uint64_t> find_tree(const Hdf5File& file, const Hdf5Dataset& dataset) {
  H5O_info_t info;
  if (H5Oget_info2(dataset.id.id(), &info, H5O_INFO_BASIC) < 0) return std::nullopt;
  for (const HeaderMessage& message : read_object_header(file.raw(), info.addr)) {
    if (message.type != HeaderMessage::kLayout) continue;
    const std::vector<std::uint8_t>& data = message.data;
    const bool known = data.size() >= 11 && data[0] == 3 && data[1] == 2 && data[2] == dataset.shape.size() + 1;
    return known ? std::optional(stored_number<std::uint64_t>(&data[3])) : std::nullopt;
  }
  return std::nullopt;
}

/// Walks the chunks of a dataset from the root down, in ascending order, as far as a row of chunks.
class TreeWalk {
 public:
  /// Index of a chunk on each axis of the grid, and its place.
  using Visit = std::function<void(const Hdf5Shape& at, const StoredChunk& chunk)>;

  TreeWalk(const Hdf5File& file, const Hdf5Dataset& dataset, std::uint64_t first_row, std::uint64_t end_row,
           Visit visit)
      : file_(file),
        dataset_(dataset),
        rank_(dataset.shape.size()),
        most_children_(2 * file.ranks().chunk),
        first_row_(first_row),
        end_row_(end_row),
        visit_(std::move(visit)) {}

  void run(std::uint64_t root) {
    if (root != kNoAddress) descend(root, -1);
  }

 private:
  void descend(std::uint64_t address, int expected_level) {
    constexpr std::size_t kHeader = 24;
    const std::size_t key_bytes = 8 + 8 * (rank_ + 1);
    const RawFile& raw = file_.raw();
    std::uint8_t header[kHeader];
    if (!raw.holds(address, kHeader) || !nodes_.insert(address).second) refuse_index(file_, dataset_);
    raw.read(address, kHeader, header);
    const int level = header[5];
    const std::size_t n = stored_number<std::uint16_t>(header + 6);
    const bool is_root = expected_level < 0;
    const bool fits = std::memcmp(header, "TREE\1", 5) == 0 && n <= most_children_ &&
                      (is_root ? n > 0 || level == 0 : level == expected_level && n > 0);
    const std::size_t bytes = n * (key_bytes + 8) + key_bytes;
    if (!fits || !raw.holds(address + kHeader, bytes)) refuse_index(file_, dataset_);
    std::vector<std::uint8_t> entries(bytes);
    raw.read(address + kHeader, bytes, entries.data());
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint8_t* key = &entries[i * (key_bytes + 8)];
      const std::uint64_t row = stored_number<std::uint64_t>(key + 8) / dataset_.chunk[0];
      const std::uint64_t next_row = stored_number<std::uint64_t>(key + key_bytes + 8 + 8) / dataset_.chunk[0];
      const std::uint64_t child = stored_number<std::uint64_t>(key + key_bytes);
      if (row >= end_row_) break;
      if (level == 0)
        meet(key, child);
      else if (i + 1 == n || next_row >= first_row_)
        descend(child, level - 1);
    }
  }

  void meet(const std::uint8_t* key, std::uint64_t address) {
    Hdf5Shape first(rank_);
    std::memcpy(first.data(), key + 8, 8 * rank_);
    if (!last_.empty() && !(last_ < first)) refuse_index(file_, dataset_);
    last_ = first;
    for (std::size_t axis = 0; axis < rank_; ++axis) {
      if (first[axis] % dataset_.chunk[axis] != 0) refuse_index(file_, dataset_);
      first[axis] /= dataset_.chunk[axis];
    }
    const StoredChunk chunk{address, stored_number<std::uint32_t>(key), stored_number<std::uint32_t>(key + 4)};
    if (!file_.raw().holds(address, chunk.size)) refuse_index(file_, dataset_);
    visit_(first, chunk);
  }

  const Hdf5File& file_;
  const Hdf5Dataset& dataset_;
  const std::size_t rank_, most_children_;
  const std::uint64_t first_row_, end_row_;
  const Visit visit_;
  Hdf5Shape last_;  ///< first element of the chunk before
  std::unordered_set<std::uint64_t> nodes_;
};

/// Takes the chunks of some rows of the grid into an array of them.
class ChunkTable {
 public:
  ChunkTable(const Hdf5Dataset& dataset, std::uint64_t first_row, std::uint64_t end_row)
      : grid_(chunk_grid(dataset)), first_row_(first_row), end_row_(end_row) {
    std::size_t count = end_row - first_row;
    for (std::size_t axis = 1; axis < grid_.size(); ++axis) count *= grid_[axis];
    chunks.resize(count);
  }

  void take(const Hdf5Shape& at, const StoredChunk& chunk) {
    if (at[0] < first_row_ || at[0] >= end_row_) return;
    std::uint64_t index = at[0] - first_row_;
    for (std::size_t axis = 1; axis < grid_.size(); ++axis) {
      if (at[axis] >= grid_[axis]) return;  // libhdf5 leaves chunks beyond the shape where a dataset shrank
      index = index * grid_[axis] + at[axis];
    }
    chunks[index] = chunk;
  }

  std::vector<StoredChunk> chunks;

 private:
  const Hdf5Shape grid_;
  const std::uint64_t first_row_, end_row_;
};

/// Asks libhdf5 for each chunk of the whole dataset.
bool ask_libhdf5(const Hdf5File& file, const Hdf5Dataset& dataset, hsize_t stored, const TreeWalk::Visit& visit) {
  const std::size_t rank = dataset.shape.size();
  for (hsize_t k = 0; k < stored; ++k) {
    Hdf5Shape first(rank);
    unsigned mask = 0;
    haddr_t address = 0;
    hsize_t size = 0;
    if (H5Dget_chunk_info(dataset.id.id(), dataset.space.id(), k, first.data(), &mask, &address, &size) < 0)
      return false;
    if (size > ~std::uint32_t{0} || !file.raw().holds(address, size)) refuse_index(file, dataset);
    for (std::size_t axis = 0; axis < rank; ++axis) first[axis] /= dataset.chunk[axis];
    visit(first, {address, static_cast<std::uint32_t>(size), mask});
  }
  return true;
}

/// Calls `visit` for the chunks of some rows of the grid, and perhaps for others; false where there is no quick way.
bool visit_chunks(const Hdf5File& file, const Hdf5Dataset& dataset, std::uint64_t first_row, std::uint64_t end_row,
                  const TreeWalk::Visit& visit) {
  if (const auto root = find_tree(file, dataset)) {
    TreeWalk(file, dataset, first_row, end_row, visit).run(*root);
    return true;
  }
  if (file.raw().begin() != 0) return false;  // libhdf5's answers differ in where they count from
  hsize_t stored = 0;
  if (H5Dget_num_chunks(dataset.id.id(), dataset.space.id(), &stored) < 0 || stored > kFewChunks) return false;
  return ask_libhdf5(file, dataset, stored, visit);
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
  ChunkTable table(dataset, first_row, end_row);
  const bool found = visit_chunks(file, dataset, first_row, end_row,
                                  [&](const Hdf5Shape& at, const StoredChunk& chunk) { table.take(at, chunk); });
  return found ? std::optional(std::move(table.chunks)) : std::nullopt;
}

bool for_each_chunk(const Hdf5File& file, const Hdf5Dataset& dataset,
                    const std::function<void(const StoredChunk&)>& visit) {
  return visit_chunks(file, dataset, 0, ~std::uint64_t{0},
                      [&](const Hdf5Shape&, const StoredChunk& chunk) { visit(chunk); });
}

}  // namespace contimg
