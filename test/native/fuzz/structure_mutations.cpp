#include <algorithm>
#include <functional>
#include <numeric>

#include "mutations.h"
#include "scratch_file.h"
#include "uvh5/lzf_filter.h"

namespace contimg::fuzz {
namespace {

using Shape = std::vector<hsize_t>;

constexpr const char* kArrays[] = {"Data/visdata", "Data/flags", "Data/nsamples"};
constexpr const char* kHeader[] = {"Header/Nblts",
                                   "Header/Nfreqs",
                                   "Header/Npols",
                                   "Header/Nants_telescope",
                                   "Header/latitude",
                                   "Header/telescope_name",
                                   "Header/phase_type",
                                   "Header/antenna_names",
                                   "Header/antenna_numbers",
                                   "Header/antenna_positions",
                                   "Header/ant_1_array",
                                   "Header/time_array",
                                   "Header/integration_time",
                                   "Header/uvw_array",
                                   "Header/freq_array",
                                   "Header/channel_width",
                                   "Header/polarization_array",
                                   "Header/extra_keywords/phase_center_dec"};

std::string any_dataset(Dice& dice) {
  if (dice.once_in(2)) return kArrays[dice.below(std::size(kArrays))];
  return kHeader[dice.below(std::size(kHeader))];
}

hsize_t any_extent(Dice& dice) {
  return dice.pick<hsize_t>({0, 1, 2, 3, 8, 30, 31, 117, 1000, 1 << 20, 1 << 28, 1u << 31, 1ull << 32, 1ull << 40,
                             (1ull << 62) + 1, ~0ull - 1});
}

Shape shape_of(hid_t file, const std::string& name) {
  const Id dataset(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose), space(H5Dget_space(dataset), H5Sclose);
  Shape shape(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
  H5Sget_simple_extent_dims(space, shape.data(), nullptr);
  return shape;
}

Id type_of(hid_t file, const std::string& name) {
  const Id dataset(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose);
  return {H5Dget_type(dataset), H5Tclose};
}

Id any_type(Dice& dice) {
  const auto copy = [](hid_t type) { return Id(H5Tcopy(type), H5Tclose); };
  const auto compound = [](hid_t r, hid_t i, const char* first, std::size_t gap) {
    const std::size_t size = H5Tget_size(r);
    Id type(H5Tcreate(H5T_COMPOUND, size + gap + H5Tget_size(i)), H5Tclose);
    H5Tinsert(type, first, 0, r);
    H5Tinsert(type, "i", size + gap, i);
    return type;
  };
  switch (dice.below(18)) {
    case 0:
      return copy(H5T_STD_I8LE);
    case 1:
      return copy(H5T_STD_U64BE);
    case 2:
      return copy(H5T_IEEE_F32BE);
    case 3:
      return copy(H5T_IEEE_F64LE);
    case 4:
      return copy(H5T_STD_I32LE);
    case 5:
      return copy(H5T_STD_B8LE);
    case 6:
      return copy(H5T_STD_REF_OBJ);
    case 7:
      return {H5Tcreate(H5T_OPAQUE, 1 + dice.below(64)), H5Tclose};
    case 8: {
      Id text(H5Tcopy(H5T_C_S1), H5Tclose);
      H5Tset_size(text, dice.pick<std::size_t>({1, 4, 1000, 1 << 20, H5T_VARIABLE}));
      return text;
    }
    case 9:
      return {H5Tvlen_create(H5T_IEEE_F64LE), H5Tclose};
    case 10: {
      const hsize_t extent[] = {1 + dice.below(5)};
      return {H5Tarray_create2(H5T_IEEE_F32LE, 1, extent), H5Tclose};
    }
    case 11:
      return compound(H5T_IEEE_F32BE, H5T_IEEE_F32BE, "r", 0);
    case 12:
      return compound(H5T_STD_I16LE, H5T_STD_I16LE, "r", dice.below(9));
    case 13:
      return compound(H5T_IEEE_F64LE, H5T_IEEE_F32LE, "r", 0);
    case 14:
      return compound(H5T_IEEE_F32LE, H5T_IEEE_F32LE, "x", 0);
    case 15: {
      Id half(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
      H5Tset_fields(half, 15, 10, 5, 0, 10);
      H5Tset_size(half, 2);
      return half;
    }
    case 16: {
      Id bits(H5Tcopy(H5T_STD_I32LE), H5Tclose);
      H5Tset_precision(bits, 1 + dice.below(32));
      return bits;
    }
    default: {
      Id names(H5Tenum_create(dice.once_in(2) ? H5T_STD_I8LE : H5T_STD_I16BE), H5Tclose);
      const std::int16_t value = 1;
      H5Tenum_insert(names, "A", &value);
      return names;
    }
  }
}

/// Any filters in any order, some with parameters that make no sense.
void add_filters(hid_t properties, Dice& dice, std::string& done) {
  const std::size_t count = dice.once_in(5) ? 33 : 1 + dice.below(4);
  for (std::size_t i = 0; i < count; ++i) {
    const H5Z_filter_t filter =
        dice.pick<H5Z_filter_t>({H5Z_FILTER_DEFLATE, H5Z_FILTER_SHUFFLE, H5Z_FILTER_FLETCHER32, H5Z_FILTER_SZIP,
                                 H5Z_FILTER_NBIT, H5Z_FILTER_SCALEOFFSET, kLzfFilterId, 32008, 32001, 32099, 65535});
    unsigned values[20];
    for (unsigned& value : values) value = dice.pick<unsigned>({0, 1, 2, 4, 8, 9, 64, 4096, 0x7fffffff, 0xffffffff});
    H5Pset_filter(properties, filter, dice.once_in(2) ? H5Z_FLAG_OPTIONAL : H5Z_FLAG_MANDATORY,
                  dice.pick<std::size_t>({0, 1, 3, 5, 20}), values);
    done += " " + std::to_string(filter);
  }
}

Shape any_chunk(const Shape& shape, Dice& dice) {
  Shape chunk;
  for (const hsize_t extent : shape) {
    hsize_t side = dice.pick<hsize_t>({1, 1, 2, 3, 7, 64, 1 << 10, 1 << 16, 1 << 24, 0xffffffff, 0});
    if (side == 0) side = extent;
    chunk.push_back(std::min<hsize_t>(std::max<hsize_t>(side, 1), 0xffffffff));
  }
  return chunk;
}

/// Replaces a dataset by one of some other type, shape, chunks and filters, with or without contents.
std::string replace_dataset(hid_t file, const std::string& name, const Shape& shape, hid_t type, bool chunked,
                            bool filtered, Dice& dice) {
  std::string done = "replace " + name;
  const Id properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  const Shape chunk = any_chunk(shape, dice);
  if (chunked && !shape.empty()) {
    H5Pset_chunk(properties, static_cast<int>(chunk.size()), chunk.data());
    if (filtered) add_filters(properties, dice, done);
  } else if (dice.once_in(8)) {
    H5Pset_external(properties, "/etc/hostname", 0, H5F_UNLIMITED);
  }
  Shape most(shape.size(), H5S_UNLIMITED);
  const Id space(shape.empty()
                     ? H5Screate(dice.once_in(3) ? H5S_NULL : H5S_SCALAR)
                     : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), chunked ? most.data() : nullptr),
                 H5Sclose);
  H5Ldelete(file, name.c_str(), H5P_DEFAULT);
  const hid_t made = H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  if (made < 0) return done + " (refused)";
  const Id dataset(made, H5Dclose);
  const hsize_t count = std::accumulate(shape.begin(), shape.end(), hsize_t{1}, std::multiplies<>());
  const hsize_t chunk_count = std::accumulate(chunk.begin(), chunk.end(), hsize_t{1}, std::multiplies<>());
  constexpr hsize_t kMost = 1 << 16;
  if (count <= kMost && (!chunked || chunk_count <= kMost) && H5Tdetect_class(type, H5T_VLEN) <= 0 &&
      H5Tis_variable_str(type) <= 0 && dice.once_in(2)) {
    const Bytes values(std::max<std::size_t>(1, count * H5Tget_size(type)), static_cast<std::uint8_t>(dice.below(3)));
    H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  }
  return done;
}

std::string wrong_type(hid_t file, Dice& dice) {
  const std::string name = any_dataset(dice);
  const Id type = any_type(dice);
  return "type: " + replace_dataset(file, name, shape_of(file, name), type, dice.once_in(2), dice.once_in(3), dice);
}

std::string wrong_shape(hid_t file, Dice& dice) {
  const std::string name = any_dataset(dice);
  Shape shape = shape_of(file, name);
  if (dice.once_in(3)) shape.resize(dice.pick<std::size_t>({0, 1, 2, 5, 32}), 1);
  for (hsize_t& extent : shape)
    if (dice.once_in(2)) extent = any_extent(dice);
  return "shape: " + replace_dataset(file, name, shape, type_of(file, name), dice.once_in(2), dice.once_in(4), dice);
}

void set_count(hid_t file, const char* name, hsize_t count) {
  const Id dataset(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose);
  H5Dwrite(dataset, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &count);
}

/// Every array agrees on an axis that the file is far too small for, or much longer than its data.
std::string giant_rows(hid_t file, Dice& dice) {
  const hsize_t rows = dice.pick<hsize_t>({31, 300, 100000, 1 << 22, 1 << 27, 1 << 28, 1ull << 33});
  set_count(file, "Header/Nblts", rows);
  const bool chunked = dice.once_in(2), filtered = dice.once_in(2);
  for (const char* name : {"Data/visdata", "Data/flags", "Data/nsamples", "Header/ant_1_array", "Header/ant_2_array",
                           "Header/time_array", "Header/integration_time", "Header/uvw_array"}) {
    Shape shape = shape_of(file, name);
    shape[0] = rows;
    replace_dataset(file, name, shape, type_of(file, name), chunked, filtered, dice);
  }
  return "giant: " + std::to_string(rows) + (chunked ? " rows, chunked" : " rows");
}

std::string wrong_chunks(hid_t file, Dice& dice) {
  const std::string name = dice.once_in(4) ? any_dataset(dice) : std::string(kArrays[dice.below(3)]);
  return "chunks: " +
         replace_dataset(file, name, shape_of(file, name), type_of(file, name), true, dice.once_in(2), dice);
}

/// Stores bytes that no filter wrote as a chunk of an array.
std::string wrong_chunk_bytes(hid_t file, Dice& dice) {
  const std::string name = kArrays[dice.below(3)];
  const Id dataset(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose);
  const Id properties(H5Dget_create_plist(dataset), H5Pclose);
  if (H5Pget_layout(properties) != H5D_CHUNKED) return wrong_chunks(file, dice);
  Shape chunk(8), offset(8, 0);
  chunk.resize(static_cast<std::size_t>(H5Pget_chunk(properties, 8, chunk.data())));
  hsize_t stored = 0;
  H5Dget_chunk_storage_size(dataset, offset.data(), &stored);
  Bytes bytes(static_cast<std::size_t>(stored) + 1);
  std::uint32_t mask = 0;
  H5Dread_chunk(dataset, H5P_DEFAULT, offset.data(), &mask, bytes.data());
  bytes.resize(static_cast<std::size_t>(stored));
  const std::size_t kind = dice.below(4);
  if (kind == 0) bytes.assign(1 + dice.below(3000), static_cast<std::uint8_t>(dice.word()));
  if (kind == 1) bytes.resize(1 + dice.below(bytes.size() + 50));
  if (kind == 2) mask = static_cast<std::uint32_t>(dice.pick<std::uint64_t>({1, 2, 3, 0xffffffff, dice.word()}));
  for (std::size_t i = 0; i <= kind * 2 && !bytes.empty(); ++i) bytes[dice.below(bytes.size())] ^= dice.word() & 0xff;
  H5Dwrite_chunk(dataset, H5P_DEFAULT, mask, offset.data(), bytes.size(), bytes.data());
  return "chunk of " + name + ": " + std::to_string(bytes.size()) + " bytes, mask " + std::to_string(mask);
}

std::string wrong_link(hid_t file, Dice& dice) {
  const std::string name = dice.once_in(3) ? dice.pick({"Header", "Data", "Header/extra_keywords"}) : any_dataset(dice);
  H5Ldelete(file, name.c_str(), H5P_DEFAULT);
  switch (dice.below(6)) {
    case 0:
      H5Lcreate_soft(("/" + name).c_str(), file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
      return name + " is a soft link to itself";
    case 1:
      H5Lcreate_hard(file, "/", file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
      return name + " is a hard link to the root";
    case 2:
      H5Lcreate_external("image", ("/" + name).c_str(), file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
      return name + " is an external link";
    case 3:
      H5Gclose(H5Gcreate2(file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
      return name + " is a group";
    case 4:
      H5Lcreate_hard(file, any_dataset(dice).c_str(), file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
      return name + " is another dataset";
    default:
      return name + " is missing";
  }
}

}  // namespace

std::string mutate_structure(Bytes& bytes, const std::string& scratch, Dice& dice) {
  ScratchFile file(scratch, bytes);
  std::string done;
  switch (dice.below(8)) {
    case 0:
    case 1:
      done = wrong_type(file.id(), dice);
      break;
    case 2:
      done = wrong_shape(file.id(), dice);
      break;
    case 3:
      done = giant_rows(file.id(), dice);
      break;
    case 4:
      done = wrong_chunks(file.id(), dice);
      break;
    case 5:
    case 6:
      done = wrong_chunk_bytes(file.id(), dice);
      break;
    default:
      done = wrong_link(file.id(), dice);
  }
  bytes = file.finish();
  return done;
}

}  // namespace contimg::fuzz
