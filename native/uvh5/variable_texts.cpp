#include "uvh5/variable_texts.h"

#include <cstring>

#include "uvh5/object_header.h"

// HDF5 File Format Specification 3.0, sections III.E (global heap) and IV.B (data of variable length).
//
//   element  length (4), address of a heap (8), index in it (4)
//   heap     "GCOL", 1, 3 bytes of padding, its size (8); then objects
//   object   index (2), references (2), padding (4), size (8), data, padding to a multiple of 8; index 0 is free space

namespace contimg {
namespace {

constexpr std::size_t kElementBytes = 16, kHeapHeader = 16, kObjectHeader = 16;
constexpr std::uint64_t kMaxHeapBytes = 64 << 20;

[[noreturn]] void refuse(const Hdf5File& file, const Hdf5Dataset& dataset) {
  file.refuse("Expected " + dataset.name +
              " to hold texts but the heap where they lie is damaged. Copy the file again");
}

std::string text_in_heap(const Hdf5File& file, const Hdf5Dataset& dataset, std::uint64_t address, std::uint32_t index,
                         std::size_t length) {
  const RawFile& raw = file.raw();
  std::uint8_t header[kHeapHeader];
  if (!raw.holds(address, kHeapHeader)) refuse(file, dataset);
  raw.read(address, kHeapHeader, header);
  const auto size = stored_number<std::uint64_t>(header + 8);
  if (std::memcmp(header, "GCOL\1", 5) != 0 || size > kMaxHeapBytes || !raw.holds(address, size)) refuse(file, dataset);
  for (std::uint64_t at = kHeapHeader; at + kObjectHeader <= size;) {
    std::uint8_t object[kObjectHeader];
    raw.read(address + at, kObjectHeader, object);
    const unsigned found = stored_number<std::uint16_t>(object);
    const auto bytes = stored_number<std::uint64_t>(object + 8);
    at += kObjectHeader;
    if (found == 0 || bytes > size - at) break;
    if (found == index) {
      if (length > bytes) break;
      std::string text(length, '\0');
      raw.read(address + at, length, text.data());
      return text.substr(0, text.find('\0'));
    }
    at += (bytes + 7) / 8 * 8;
  }
  refuse(file, dataset);
}

}  // namespace

std::vector<std::string> read_variable_texts(const Hdf5File& file, const Hdf5Dataset& dataset, std::size_t count) {
  const haddr_t offset = H5Dget_offset(dataset.id.id());
  const std::uint64_t begin = offset - file.raw().begin();
  if (offset == HADDR_UNDEF || H5Dget_storage_size(dataset.id.id()) != count * kElementBytes ||
      !file.raw().holds(begin, count * kElementBytes))
    file.refuse("Expected " + dataset.name + " to hold texts, contiguous in the file. Rewrite it so");
  std::vector<std::uint8_t> elements(count * kElementBytes);
  file.raw().read(begin, elements.size(), elements.data());
  std::vector<std::string> texts(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* const element = &elements[i * kElementBytes];
    const auto length = stored_number<std::uint32_t>(element);
    if (length > 0)
      texts[i] = text_in_heap(file, dataset, stored_number<std::uint64_t>(element + 4),
                              stored_number<std::uint32_t>(element + 12), length);
  }
  return texts;
}

}  // namespace contimg
