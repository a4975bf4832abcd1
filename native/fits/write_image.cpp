// The header is put together in memory by cfitsio, so that its file-name syntax never meets a user's path; the pixels
// go to the file as they come.

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "core/atomic_file.h"
#include "core/error.h"
#include "core/simd.h"
#include "fits/fits_handle.h"
#include "fits/fits_image.h"

namespace contimg::fits {
namespace {

constexpr std::size_t kBlock = 2880;
constexpr std::size_t kCard = 80;

struct MemoryFile {
  void* bytes = nullptr;
  std::size_t size = 0;
  ~MemoryFile() { std::free(bytes); }
};

void check(int status, const std::string& path, const std::string& what) {
  if (status)
    throw Error(code::kInvalidArgument, "Cannot put " + what + " into FITS: " + cfitsio_message(status), path);
}

/// Digits with which `value` reads back to the same bits.
int digits(double value) {
  for (int n = 15; n < 17; ++n) {
    char text[40];
    std::snprintf(text, sizeof text, "%.*G", n, value);
    if (std::strtod(text, nullptr) == value) return n;
  }
  return 17;
}

void write_card(fitsfile* file, const Card& card, int* status) {
  const char* key = card.key.c_str();
  const char* comment = card.comment.empty() ? nullptr : card.comment.c_str();
  if (const auto* text = std::get_if<std::string>(&card.value))
    fits_write_key_longstr(file, key, text->c_str(), comment, status);
  else if (const auto* real = std::get_if<double>(&card.value))
    fits_write_key_dbl(file, key, *real, -digits(*real), comment, status);
  else if (const auto* integer = std::get_if<std::int64_t>(&card.value))
    fits_write_key_lng(file, key, *integer, comment, status);
  else
    fits_write_key_log(file, key, std::get<bool>(card.value), comment, status);
}

/// Writes the extent of an axis over the 1 that stands in its card.
void set_extent(std::string* header, int axis, std::size_t extent) {
  char key[16], value[24];
  std::snprintf(key, sizeof key, "NAXIS%d  =", axis);
  std::snprintf(value, sizeof value, "%20zu", extent);
  for (std::size_t at = 0; at < header->size(); at += kCard)
    if (header->compare(at, 9, key) == 0) header->replace(at + 10, 20, value);
}

int bitpix_of(PixelType type) {
  if (type == PixelType::kByte) return BYTE_IMG;
  return type == PixelType::kShort ? SHORT_IMG : FLOAT_IMG;
}

/// The header up to END. cfitsio makes it for an image of one pixel, since it would also make the pixels.
std::string make_header(const std::string& path, std::size_t nx, std::size_t ny, PixelType type,
                        const std::vector<Card>& cards, const std::vector<std::string>& history) {
  MemoryFile memory;
  memory.size = kBlock;
  memory.bytes = std::calloc(memory.size, 1);
  if (!memory.bytes) throw std::bad_alloc();
  FitsHandle file;
  int status = 0;
  fits_create_memfile(file.address(), &memory.bytes, &memory.size, kBlock, std::realloc, &status);
  LONGLONG axes[4] = {1, 1, 1, 1};
  fits_create_imgll(file, bitpix_of(type), 4, axes, &status);
  check(status, path, "the image");
  for (const Card& card : cards) {
    write_card(file, card, &status);
    check(status, path, "the keyword " + card.key);
  }
  for (const std::string& line : history) fits_write_history(file, line.c_str(), &status);
  check(status, path, "the history");
  char* text = nullptr;
  int n_cards = 0;
  fits_hdr2str(file, 0, nullptr, 0, &text, &n_cards, &status);
  check(status, path, "the header");
  std::string header(text, static_cast<std::size_t>(n_cards) * kCard);
  fits_free_memory(text, &status);
  if (header.compare(header.size() - kCard, 4, "END ") == 0) header.resize(header.size() - kCard);
  set_extent(&header, 1, nx);
  set_extent(&header, 2, ny);
  return header;
}

/// FITS is big-endian.
CONTIMG_SIMD void store_floats(const float* in, std::size_t n, char* out) {
  for (std::size_t i = 0; i < n; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, in + i, sizeof bits);
    bits = __builtin_bswap32(bits);
    std::memcpy(out + i * sizeof bits, &bits, sizeof bits);
  }
}

CONTIMG_SIMD void store_shorts(const float* in, std::size_t n, char* out) {
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint16_t bits = __builtin_bswap16(static_cast<std::uint16_t>(static_cast<std::int32_t>(in[i])));
    std::memcpy(out + i * sizeof bits, &bits, sizeof bits);
  }
}

CONTIMG_SIMD void store_bytes(const float* in, std::size_t n, char* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<char>(static_cast<std::int32_t>(in[i]));
}

}  // namespace

struct ImageWriter::Parts {
  Parts(const std::string& path, bool overwrite, PixelType type) : file(path, overwrite), type(type) {}

  std::size_t pixel_size() const { return static_cast<std::size_t>(std::abs(bitpix_of(type))) / 8; }
  void store(const float* pixels, std::size_t n, char* out) const {
    if (type == PixelType::kByte) return store_bytes(pixels, n, out);
    return type == PixelType::kShort ? store_shorts(pixels, n, out) : store_floats(pixels, n, out);
  }

  AtomicFile file;
  PixelType type;
  std::size_t nx = 0, ny = 0, offset = 0;
  std::size_t spare_begin = 0, spare_end = 0;  ///< bytes of the blank cards that history may still go into
};

ImageWriter::ImageWriter(const std::string& path, std::size_t nx, std::size_t ny, const std::vector<Card>& cards,
                         const std::vector<std::string>& history, bool overwrite, PixelType type,
                         std::size_t spare_history) {
  std::string header = make_header(path, nx, ny, type, cards, history);
  parts_ = std::make_unique<Parts>(path, overwrite, type);
  parts_->nx = nx;
  parts_->ny = ny;
  parts_->spare_begin = header.size();
  parts_->spare_end = header.size() + spare_history * kCard;
  header.resize(parts_->spare_end, ' ');
  header += "END";
  header.resize((header.size() + kBlock - 1) / kBlock * kBlock, ' ');
  parts_->offset = header.size();
  const std::size_t end = header.size() + nx * ny * parts_->pixel_size(), padding = (kBlock - end % kBlock) % kBlock;
  parts_->file.reserve(end + padding);
  parts_->file.write(0, header.data(), header.size());
  parts_->file.write(end, std::string(padding, '\0').data(), padding);
}

ImageWriter::~ImageWriter() = default;

void ImageWriter::write(std::size_t y, std::size_t n_rows, const float* rows) {
  constexpr std::size_t kPiece = std::size_t{1} << 16;
  const std::size_t width = parts_->pixel_size(), size = n_rows * parts_->nx;
  const std::size_t first = parts_->offset + y * parts_->nx * width;
  std::vector<char> bytes(std::min(kPiece, size) * width);
  for (std::size_t done = 0; done < size; done += kPiece) {
    const std::size_t n = std::min(kPiece, size - done);
    parts_->store(rows + done, n, bytes.data());
    parts_->file.write(first + done * width, bytes.data(), n * width);
  }
  parts_->file.start_writing(first, size * width);
}

void ImageWriter::add_history(const std::vector<std::string>& history) {
  for (const std::string& line : history) {
    if (parts_->spare_begin == parts_->spare_end) throw std::logic_error("more history than was kept room for");
    std::string card = "HISTORY " + line;
    card.resize(kCard, ' ');
    parts_->file.write(parts_->spare_begin, card.data(), kCard);
    parts_->spare_begin += kCard;
  }
}

void ImageWriter::commit() { parts_->file.commit(); }

void write_image(const std::string& path, NdView<const float, 2> pixels, const std::vector<Card>& cards,
                 const std::vector<std::string>& history, bool overwrite) {
  ImageWriter writer(path, pixels.shape(1), pixels.shape(0), cards, history, overwrite);
  writer.write(0, pixels.shape(0), pixels.data());
  writer.commit();
}

}  // namespace contimg::fits
