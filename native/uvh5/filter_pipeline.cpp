#include "uvh5/filter_pipeline.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "uvh5/byte_order.h"
#include "uvh5/lzf_filter.h"

namespace contimg {
namespace {

constexpr std::size_t kChecksumBytes = 4;

/// libhdf5's variant of Fletcher's checksum: of 16-bit big-endian words, an odd byte last as the high one.
std::uint32_t fletcher32(const std::uint8_t* data, std::size_t size) {
  std::uint32_t sum1 = 0, sum2 = 0;
  const auto fold = [&] {
    sum1 = (sum1 & 0xffff) + (sum1 >> 16);
    sum2 = (sum2 & 0xffff) + (sum2 >> 16);
  };
  constexpr std::size_t kWordsUntilOverflow = 360;
  for (std::size_t words = size / 2; words > 0;) {
    const std::size_t some = std::min(words, kWordsUntilOverflow);
    for (std::size_t i = 0; i < some; ++i, data += 2) {
      sum1 += static_cast<std::uint32_t>(data[0]) << 8 | data[1];
      sum2 += sum1;
    }
    words -= some;
    fold();
  }
  if (size % 2 != 0) {
    sum1 += static_cast<std::uint32_t>(*data) << 8;
    sum2 += sum1;
    fold();
  }
  fold();
  return sum2 << 16 | sum1;
}

/// Whether the last four bytes are the checksum of those before.
bool has_checksum(const std::uint8_t* data, std::size_t size) {
  if (size < kChecksumBytes) return false;
  const std::uint8_t* sum = data + size - kChecksumBytes;
  const std::uint32_t stored = static_cast<std::uint32_t>(sum[0]) | static_cast<std::uint32_t>(sum[1]) << 8 |
                               static_cast<std::uint32_t>(sum[2]) << 16 | static_cast<std::uint32_t>(sum[3]) << 24;
  return fletcher32(data, size - kChecksumBytes) == stored;
}

bool inflate(const std::uint8_t* in, std::size_t in_size, std::uint8_t* out, std::size_t out_size) {
  struct Free {
    void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
  };
  const std::unique_ptr<libdeflate_decompressor, Free> decompressor(libdeflate_alloc_decompressor());
  if (!decompressor) throw std::bad_alloc();
  return libdeflate_zlib_decompress(decompressor.get(), in, in_size, out, out_size, nullptr) == LIBDEFLATE_SUCCESS;
}

}  // namespace

bool FilterPipeline::knows(H5Z_filter_t filter) {
  return filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE || filter == H5Z_FILTER_FLETCHER32 ||
         filter == kLzfFilterId || filter == kBitshuffleFilterId;
}

std::optional<FilterPipeline> FilterPipeline::of(const Hdf5Dataset& dataset) {
  const Hdf5Handle creation(H5Dget_create_plist(dataset.id.id()), H5Pclose);
  FilterPipeline pipeline;
  for (int i = 0; i < H5Pget_nfilters(creation.id()); ++i) {
    unsigned flags, config, values[8] = {};
    std::size_t n_values = 8;
    switch (H5Pget_filter2(creation.id(), static_cast<unsigned>(i), &flags, &n_values, values, 0, nullptr, &config)) {
      case H5Z_FILTER_DEFLATE:
        pipeline.filters_.push_back({Kind::kDeflate});
        break;
      case kLzfFilterId:
        pipeline.filters_.push_back({Kind::kLzf});
        break;
      case kBitshuffleFilterId: {
        Filter filter{Kind::kBitshuffle};
        if (!parse_bitshuffle(values, std::min<std::size_t>(n_values, 8), filter.bitshuffle)) return std::nullopt;
        pipeline.filters_.push_back(filter);
        break;
      }
      case H5Z_FILTER_SHUFFLE:
        if (n_values < 1 || values[0] == 0) return std::nullopt;
        pipeline.filters_.push_back({Kind::kShuffle, values[0]});
        break;
      case H5Z_FILTER_FLETCHER32:
        pipeline.filters_.push_back({Kind::kFletcher32});
        break;
      default:
        return std::nullopt;
    }
  }
  const auto compressors = std::count_if(pipeline.filters_.begin(), pipeline.filters_.end(), compresses);
  return compressors <= 1 ? std::optional(pipeline) : std::nullopt;
}

bool FilterPipeline::can_hold(std::size_t stored, std::size_t bytes) const {
  constexpr std::size_t kMaxExpansion = 1032;  // of deflate, the most of all
  return bytes / kMaxExpansion <= stored;
}

bool FilterPipeline::decode(const std::uint8_t* in, std::size_t in_size, unsigned mask, std::uint8_t* out,
                            std::size_t out_size, DecodingScratch& scratch) const {
  const auto applied = [&](std::size_t i) { return i >= 32 || !(mask >> i & 1); };
  std::size_t checksums = 0, side = 0;
  for (std::size_t i = 0; i < filters_.size(); ++i) checksums += applied(i) && filters_[i].kind == Kind::kFletcher32;
  for (std::size_t i = filters_.size(); i-- > 0;) {
    if (!applied(i)) continue;
    const Filter& filter = filters_[i];
    if (filter.kind == Kind::kFletcher32) {
      if (!has_checksum(in, in_size)) return false;
      in_size -= kChecksumBytes;
      --checksums;
      continue;
    }
    // What compression gives is a chunk and the checksums that were added before it; the others keep the size.
    const std::size_t size = compresses(filter) ? out_size + checksums * kChecksumBytes : in_size;
    const bool last = size == out_size && std::none_of(&filters_[0], &filters_[i], [&](const Filter& f) {
                        return applied(static_cast<std::size_t>(&f - &filters_[0]));
                      });
    std::vector<std::uint8_t>& buffer = scratch[side ^= 1];
    if (!last && buffer.size() < size) buffer.resize(size);
    std::uint8_t* const to = last ? out : buffer.data();
    if (!undo(filter, in, in_size, to, size)) return false;
    in = to;
    in_size = size;
  }
  if (in_size != out_size) return false;
  if (in != out) std::memcpy(out, in, out_size);
  return true;
}

bool FilterPipeline::compresses(const Filter& filter) {
  return filter.kind == Kind::kDeflate || filter.kind == Kind::kLzf || filter.bitshuffle.lz4;
}

bool FilterPipeline::undo(const Filter& filter, const std::uint8_t* in, std::size_t in_size, std::uint8_t* out,
                          std::size_t out_size) {
  switch (filter.kind) {
    case Kind::kDeflate:
      return inflate(in, in_size, out, out_size);
    case Kind::kLzf:
      return decode_lzf(in, in_size, out, out_size);
    case Kind::kBitshuffle:
      return decode_bitshuffle(filter.bitshuffle, in, in_size, out, out_size);
    case Kind::kShuffle:
      unshuffle_bytes(in, in_size, filter.element_bytes, out);
      return true;
    case Kind::kFletcher32:
      break;  // decode checks it where it stands
  }
  return false;
}

}  // namespace contimg
