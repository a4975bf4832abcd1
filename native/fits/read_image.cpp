#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/error.h"
#include "fits/fits_handle.h"
#include "fits/fits_image.h"

namespace contimg::fits {
namespace {

[[noreturn]] void fail_format(const std::string& path, const std::string& reason) {
  throw Error(code::kFitsFormat, "Expected a FITS image in " + path + ", but " + reason, path);
}

void check(int status, const std::string& path, const char* what) {
  if (status) fail_format(path, std::string("cannot read ") + what + ": " + cfitsio_message(status));
}

/// Size of the file, after a look at its first bytes: cfitsio would also open and unpack other things.
std::size_t check_is_fits(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw Error(code::kFileAccess, "Cannot open " + path + ": " + std::strerror(errno), path);
  struct stat status = {};
  char start[9] = {};
  const bool statted = fstat(descriptor, &status) == 0;
  const ssize_t n = statted && S_ISREG(status.st_mode) ? pread(descriptor, start, sizeof start, 0) : -1;
  const int reason = errno;
  close(descriptor);
  if (statted && !S_ISREG(status.st_mode)) throw Error(code::kFileAccess, path + " is not a regular file", path);
  if (n < 0) throw Error(code::kFileAccess, "Cannot read " + path + ": " + std::strerror(reason), path);
  if (n < 9 || std::memcmp(start, "SIMPLE  =", 9) != 0)
    fail_format(path, status.st_size == 0 ? "it is empty" : "it does not begin with SIMPLE");
  return static_cast<std::size_t>(status.st_size);
}

std::vector<std::size_t> read_axes(fitsfile* file, const std::string& path) {
  constexpr int kMaxAxes = 8;
  int n_axes = 0, bits = 0, status = 0;
  LONGLONG extents[kMaxAxes] = {};
  fits_get_img_paramll(file, kMaxAxes, &bits, &n_axes, extents, &status);
  check(status, path, "the size of the image");
  if (n_axes < 2 || n_axes > kMaxAxes) fail_format(path, "its primary HDU has NAXIS = " + std::to_string(n_axes));
  for (int axis = 0; axis < n_axes; ++axis)
    if (extents[axis] < 1 || (axis > 1 && extents[axis] != 1))
      fail_format(path, "NAXIS" + std::to_string(axis + 1) + " = " + std::to_string(extents[axis]) +
                            ": only x and y may be longer than 1");
  return {extents, extents + n_axes};
}

/// All pixels must be there: cfitsio itself would fill a missing end with zeros in some cases.
void check_complete(fitsfile* file, const std::string& path, std::size_t file_size) {
  LONGLONG data_end = 0;
  int status = 0;
  fits_get_hduaddrll(file, nullptr, nullptr, &data_end, &status);
  check(status, path, "the header");
  if (static_cast<std::size_t>(data_end) > file_size)
    fail_format(path, "it is truncated: " + std::to_string(data_end) + " bytes expected, " + std::to_string(file_size) +
                          " there");
}

Card parse_card(fitsfile* file, const char* key, char* value, const char* comment, char type, int* status) {
  Card card{key, std::string(), comment};
  if (type == 'C') {
    char* text = nullptr;
    fits_read_key_longstr(file, key, &text, nullptr, status);
    if (text) card.value = std::string(text);
    int freed = 0;
    if (text) fits_free_memory(text, &freed);
  } else if (type == 'L') {
    card.value = value[0] == 'T';
  } else if (type == 'I') {
    card.value = static_cast<std::int64_t>(std::strtoll(value, nullptr, 10));
  } else if (type == 'F') {
    for (char* c = value; *c; ++c)
      if (*c == 'D' || *c == 'd') *c = 'E';  // FITS allows Fortran's exponent
    card.value = std::strtod(value, nullptr);
  }
  return card;
}

void read_cards(fitsfile* file, const std::string& path, ImageFile* image) {
  int n_cards = 0, status = 0;
  fits_get_hdrspace(file, &n_cards, nullptr, &status);
  check(status, path, "the header");
  for (int i = 1; i <= n_cards; ++i) {
    char key[FLEN_KEYWORD] = {}, value[FLEN_VALUE] = {}, comment[FLEN_COMMENT] = {}, type = 0;
    fits_read_keyn(file, i, key, value, comment, &status);
    check(status, path, ("header card " + std::to_string(i)).c_str());
    if (std::strcmp(key, "HISTORY") == 0) image->history.emplace_back(comment);
    if (value[0] == 0 || std::strcmp(key, "CONTINUE") == 0) continue;  // HISTORY, COMMENT, or a value left open
    if (fits_get_keytype(value, &type, &status) != 0 || type == 'X') {
      status = 0;  // an integer pair or something malformed: nothing that an image of ours needs
      fits_clear_errmsg();
      continue;
    }
    image->cards.push_back(parse_card(file, key, value, comment, type, &status));
    check(status, path, key);
  }
}

}  // namespace

ImageFile read_image(const std::string& path) {
  const std::size_t file_size = check_is_fits(path);
  FitsHandle file;
  int status = 0;
  fits_open_diskfile(file.address(), path.c_str(), READONLY, &status);
  check(status, path, "the header");

  ImageFile image;
  image.axes = read_axes(file, path);
  check_complete(file, path, file_size);
  read_cards(file, path, &image);
  image.pixels = NdArray<float, 2>::uninitialized({image.axes[1], image.axes[0]});
  float blank = std::numeric_limits<float>::quiet_NaN();
  int any_blank = 0;
  fits_read_img(file, TFLOAT, 1, static_cast<LONGLONG>(image.pixels.size()), &blank, image.pixels.data(), &any_blank,
                &status);
  check(status, path, "the pixels");
  return image;
}

}  // namespace contimg::fits
