// A FITS image is put together in memory by cfitsio and then written by write_atomically: so a full disk is seen as
// what it is, and cfitsio's file-name syntax never meets a user's path.

#include <cstdlib>
#include <cstring>
#include <memory>

#include "core/atomic_file.h"
#include "core/error.h"
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

/// Room for the header, so that cfitsio need not move the pixels: every card, and the continuation of long texts.
std::size_t header_cards(const std::vector<Card>& cards, const std::vector<std::string>& history) {
  std::size_t n = 16 + history.size() + cards.size();
  for (const Card& card : cards)
    if (const auto* text = std::get_if<std::string>(&card.value)) n += text->size() / 30;
  return n;
}

}  // namespace

void write_image(const std::string& path, NdView<const float, 2> pixels, const std::vector<Card>& cards,
                 const std::vector<std::string>& history, bool overwrite) {
  if (!overwrite) check_absent(path);
  const std::size_t header = (header_cards(cards, history) * kCard / kBlock + 2) * kBlock;
  const std::size_t data = (pixels.size() * sizeof(float) + kBlock - 1) / kBlock * kBlock;

  MemoryFile memory;
  memory.size = header + data;
  memory.bytes = std::calloc(memory.size, 1);
  if (!memory.bytes) throw std::bad_alloc();

  FitsHandle file;
  int status = 0;
  fits_create_memfile(file.address(), &memory.bytes, &memory.size, kBlock, std::realloc, &status);
  LONGLONG axes[4] = {static_cast<LONGLONG>(pixels.shape(1)), static_cast<LONGLONG>(pixels.shape(0)), 1, 1};
  fits_create_imgll(file, FLOAT_IMG, 4, axes, &status);
  check(status, path, "the image");
  for (const Card& card : cards) {
    write_card(file, card, &status);
    check(status, path, "the keyword " + card.key);
  }
  for (const std::string& line : history) fits_write_history(file, line.c_str(), &status);
  check(status, path, "the history");
  fits_write_img(file, TFLOAT, 1, static_cast<LONGLONG>(pixels.size()), const_cast<float*>(pixels.data()), &status);
  LONGLONG end = 0;
  fits_flush_file(file, &status);
  fits_get_hduaddrll(file, nullptr, nullptr, &end, &status);
  check(status, path, "the pixels");
  file.close();
  write_atomically(path, memory.bytes, static_cast<std::size_t>(end), overwrite);
}

}  // namespace contimg::fits
