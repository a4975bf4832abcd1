#include "scratch_file.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <numeric>

#include "uvh5/lzf_filter.h"

namespace contimg::fuzz {
namespace {

Id create(const std::string& path, bool newest) {
  const Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  if (newest) H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  return {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access), H5Fclose};
}

/// The filter LZF as h5py has it; the one that is being tested only decodes.
std::size_t encode_chunk(unsigned flags, std::size_t, const unsigned*, std::size_t size, std::size_t* buffer_size,
                         void** buffer) {
  if (flags & H5Z_FLAG_REVERSE) return 0;
  const Bytes encoded = encode_lzf(static_cast<const std::uint8_t*>(*buffer), size);
  void* const out = H5allocate_memory(encoded.size(), false);
  std::memcpy(out, encoded.data(), encoded.size());
  H5free_memory(*buffer);
  *buffer = out;
  *buffer_size = encoded.size();
  return encoded.size();
}

}  // namespace

LzfEncoder::LzfEncoder() {
  static const H5Z_class2_t kFilter = {H5Z_CLASS_T_VERS, kLzfFilterId, 1, 0, "lzf", nullptr, nullptr, encode_chunk};
  const auto lock = hdf5_lock();  // registers the other one first
  H5Zregister(&kFilter);
}
LzfEncoder::~LzfEncoder() { register_lzf_filter(); }

ScratchFile::ScratchFile(const std::string& path, bool newest) : path_(path), file_(create(path, newest)) {}
ScratchFile::ScratchFile(const std::string& path, const Bytes& bytes)
    : path_(path), file_((write_file(path, bytes), H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT)), H5Fclose) {}

Bytes ScratchFile::finish() {
  file_.close();
  const Bytes bytes = read_file(path_);
  std::remove(path_.c_str());
  return bytes;
}

void write_file(const std::string& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Bytes encode_lzf(const std::uint8_t* bytes, std::size_t size) {
  constexpr std::size_t kLongestLiteral = 32, kLongestCopy = 264;
  Bytes out;
  for (std::size_t at = 0; at < size;) {
    std::size_t same = 0;
    while (at > 0 && at + same < size && same < kLongestCopy && bytes[at + same] == bytes[at - 1]) ++same;
    if (same >= 9) {  // a copy from one byte before
      out.insert(out.end(), {7 << 5, static_cast<std::uint8_t>(same - 9), 0});
      at += same;
      continue;
    }
    const std::size_t literal = std::min({kLongestLiteral, size - at, std::max<std::size_t>(same, 8)});
    out.push_back(static_cast<std::uint8_t>(literal - 1));
    out.insert(out.end(), bytes + at, bytes + at + literal);
    at += literal;
  }
  return out;
}

void write_dataset(hid_t group, const char* name, hid_t type, const std::vector<hsize_t>& shape, const Storage& storage,
                   const void* values) {
  const Id properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_layout(properties, storage.layout);
  if (storage.layout == H5D_CHUNKED) {
    H5Pset_chunk(properties, static_cast<int>(storage.chunk.size()), storage.chunk.data());
    const hsize_t count = std::accumulate(storage.chunk.begin(), storage.chunk.end(), hsize_t{1}, std::multiplies<>());
    for (const int filter : storage.filters) {
      const unsigned chunk_bytes = static_cast<unsigned>(count * H5Tget_size(type));
      const unsigned lzf_values[] = {4, 0x0105, chunk_bytes}, level[] = {4};
      if (filter == kLzfFilterId)
        H5Pset_filter(properties, filter, H5Z_FLAG_OPTIONAL, 3, lzf_values);
      else
        H5Pset_filter(properties, filter, H5Z_FLAG_MANDATORY, filter == H5Z_FILTER_DEFLATE ? 1 : 0, level);
    }
  }
  std::vector<hsize_t> most = shape;
  if (storage.growing) most[0] = H5S_UNLIMITED;
  const Id space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), most.data()), H5Sclose);
  const Id dataset(H5Dcreate2(group, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose);
  if (H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
    throw std::runtime_error("cannot write " + std::string(name) + ": " + hdf5_reason());
}

}  // namespace contimg::fuzz
