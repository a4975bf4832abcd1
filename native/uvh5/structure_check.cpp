#include "uvh5/structure_check.h"

#include <cstring>
#include <unordered_set>
#include <vector>

#include "uvh5/chunk_index.h"
#include "uvh5/filter_pipeline.h"
#include "uvh5/object_header.h"

// The tree of a group (HDF5 File Format Specification 3.0, section III.A.1 and III.B):
//
//   symbol table message  address of the root, address of the names
//   node                  "TREE", type 0, level, number of children, two addresses of neighbors; then key (8), child,
//   ... child                 address of a node, or at level 0 of a table of symbols: "SNOD", 1, 0, number of symbols
//   (2);
//                         then 40 bytes for each
//   names                 "HEAP", version 0, 3 bytes, bytes of the names, first free place, address of the names

namespace contimg {
namespace {

/// Walks the tree of a group: each node once, levels descending, all within the file.
class NameTree {
 public:
  NameTree(const Hdf5File& file, const std::string& name) : file_(file), name_(name) {}

  /// libhdf5 follows a null pointer where the names have no bytes.
  void check_heap(std::uint64_t address) const {
    constexpr std::size_t kHeader = 32;
    const RawFile& raw = file_.raw();
    std::uint8_t header[kHeader];
    if (!raw.holds(address, kHeader)) refuse();
    raw.read(address, kHeader, header);
    const auto bytes = stored_number<std::uint64_t>(header + 8);
    if (std::memcmp(header, "HEAP\0", 5) != 0 || bytes == 0 ||
        !raw.holds(stored_number<std::uint64_t>(header + 24), bytes))
      refuse();
  }

  void descend(std::uint64_t address, int expected_level) {
    constexpr std::size_t kHeader = 24, kEntry = 16;
    const RawFile& raw = file_.raw();
    std::uint8_t header[kHeader];
    if (!raw.holds(address, kHeader) || !nodes_.insert(address).second) refuse();
    raw.read(address, kHeader, header);
    const int level = header[5];
    const std::size_t n = stored_number<std::uint16_t>(header + 6);
    const bool fits = std::memcmp(header, "TREE\0", 5) == 0 && n <= 2 * file_.ranks().group &&
                      (expected_level < 0 || level == expected_level);
    if (!fits || !raw.holds(address + kHeader, n * kEntry + 8)) refuse();
    std::vector<std::uint8_t> entries(n * kEntry);
    raw.read(address + kHeader, entries.size(), entries.data());
    for (std::size_t i = 0; i < n; ++i) {
      const auto child = stored_number<std::uint64_t>(&entries[i * kEntry + 8]);
      if (level > 0)
        descend(child, level - 1);
      else
        check_symbols(child);
    }
  }

 private:
  void check_symbols(std::uint64_t address) {
    constexpr std::size_t kHeader = 8, kSymbol = 40;
    std::uint8_t header[kHeader];
    if (!file_.raw().holds(address, kHeader) || !nodes_.insert(address).second) refuse();
    file_.raw().read(address, kHeader, header);
    const std::size_t n = stored_number<std::uint16_t>(header + 6);
    if (std::memcmp(header, "SNOD\1", 5) != 0 || n > 2 * file_.ranks().symbol ||
        !file_.raw().holds(address + kHeader, n * kSymbol))
      refuse();
  }

  [[noreturn]] void refuse() const {
    file_.refuse("Expected " + (name_.empty() ? "the root group" : name_) +
                 " to have an index of its names but it is damaged. Copy the file again");
  }

  const Hdf5File& file_;
  const std::string& name_;
  std::unordered_set<std::uint64_t> nodes_;
};

std::uint64_t chunk_bytes(const Hdf5Dataset& dataset) {
  std::uint64_t bytes = H5Tget_size(dataset.type.id());
  for (const hsize_t extent : dataset.chunk) bytes *= extent;
  return bytes;
}

[[noreturn]] void refuse_chunk(const Hdf5File& file, const Hdf5Dataset& dataset, const char* problem) {
  file.refuse("Could not read " + dataset.name + ": one of its chunks " + problem +
              ". The file is damaged: copy it again");
}

}  // namespace

bool has_plain_numbers(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      for (const hid_t plain : {H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_IEEE_F32BE, H5T_IEEE_F64BE})
        if (H5Tequal(type, plain) > 0) return true;
      return false;
    case H5T_INTEGER:
      return H5Tget_size(type) <= 8 && H5Tget_precision(type) == 8 * H5Tget_size(type) && H5Tget_offset(type) == 0;
    case H5T_ENUM:
      return has_plain_numbers(Hdf5Handle(H5Tget_super(type), H5Tclose).id());
    case H5T_COMPOUND:  // libhdf5 believes the places of the members, also beyond the compound's end
      for (unsigned i = 0; i < static_cast<unsigned>(H5Tget_nmembers(type)); ++i) {
        const Hdf5Handle member(H5Tget_member_type(type, i), H5Tclose);
        const std::size_t size = H5Tget_size(type), begin = H5Tget_member_offset(type, i);
        if (begin > size || H5Tget_size(member.id()) > size - begin || !has_plain_numbers(member.id())) return false;
      }
      return true;
    default:
      return true;
  }
}

void require_sound_group(const Hdf5File& file, hid_t group, const std::string& name) {
  H5O_info_t info;
  if (H5Oget_info2(group, &info, H5O_INFO_BASIC) < 0)
    file.refuse("Expected " + name + " to be a group (" + hdf5_reason() + ")");
  for (const HeaderMessage& message : read_object_header(file.raw(), info.addr))
    if (message.type == HeaderMessage::kSymbolTable && message.data.size() >= 16) {
      NameTree tree(file, name);
      tree.check_heap(stored_number<std::uint64_t>(message.data.data() + 8));
      tree.descend(stored_number<std::uint64_t>(message.data.data()), -1);
    }
}

std::uint64_t require_sound_chunks(const Hdf5File& file, const Hdf5Dataset& dataset) {
  const Hdf5Handle creation(H5Dget_create_plist(dataset.id.id()), H5Pclose);
  const int n_filters = H5Pget_nfilters(creation.id());
  const std::uint32_t all = n_filters >= 32 ? ~std::uint32_t{0} : (std::uint32_t{1} << n_filters) - 1;
  const std::uint64_t bytes = chunk_bytes(dataset);
  std::uint64_t stored = 0;
  const bool known = for_each_chunk(file, dataset, [&](const StoredChunk& chunk) {
    if ((chunk.filter_mask & all) == all && chunk.size != bytes)
      refuse_chunk(file, dataset, "does not have the size of a chunk");
    stored += chunk.size;
  });
  return known ? stored : H5Dget_storage_size(dataset.id.id());
}

void require_decodable_chunks(const Hdf5File& file, const Hdf5Dataset& dataset) {
  const auto filters = FilterPipeline::of(dataset);
  if (!filters)
    file.refuse("Expected the chunks of " + dataset.name +
                " to be compressed once, by gzip, LZF or bitshuffle. Rewrite the file so");
  std::vector<std::uint8_t> stored, decoded(filters->empty() ? 0 : chunk_bytes(dataset));
  DecodingScratch scratch;
  for_each_chunk(file, dataset, [&](const StoredChunk& chunk) {
    if (filters->empty()) return;
    if (!filters->can_hold(chunk.size, decoded.size())) refuse_chunk(file, dataset, "is too short");
    stored.resize(chunk.size);
    file.raw().read(chunk.address, chunk.size, stored.data());
    if (!filters->decode(stored.data(), chunk.size, chunk.filter_mask, decoded.data(), decoded.size(), scratch))
      refuse_chunk(file, dataset, "cannot be decoded or fails its checksum");
  });
}

}  // namespace contimg
