#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "fits/fits_handle.h"
#include "fits/fits_image.h"
#include "fits/fits_pixels.h"

namespace contimg::fits {
namespace {

[[noreturn]] void fail_format(const std::string& path, const std::string& reason) {
  throw Error(code::kFitsFormat, "Expected a FITS image in " + path + ", but " + reason, path);
}

void check(int status, const std::string& path, const char* what) {
  if (status) fail_format(path, std::string("cannot read ") + what + ": " + cfitsio_message(status));
}

/// After a look at its first bytes: cfitsio would also open and unpack other things.
FileIdentity check_is_fits(const std::string& path) {
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
  return FileIdentity(status);
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

/// Where the pixels stand, all of which must be there.
PixelLayout read_layout(fitsfile* file, const std::string& path, const std::vector<std::size_t>& axes,
                        const FileIdentity& identity) {
  PixelLayout layout;
  layout.nx = axes[0];
  layout.ny = axes[1];
  LONGLONG begin = 0, end = 0;
  int status = 0;
  fits_get_img_type(file, &layout.bits, &status);
  fits_get_hduaddrll(file, nullptr, &begin, &end, &status);
  check(status, path, "the header");
  if (static_cast<std::size_t>(end) > identity.size)
    fail_format(path, "it is truncated: " + std::to_string(end) + " bytes expected, " + std::to_string(identity.size) +
                          " there");
  layout.offset = static_cast<std::size_t>(begin);
  const auto optional = [&](const char* key, int type, void* value) {
    int missing = 0;
    fits_read_key(file, type, key, value, nullptr, &missing);
    if (missing) fits_clear_errmsg();
    return missing == 0;
  };
  optional("BSCALE", TDOUBLE, &layout.scale);
  optional("BZERO", TDOUBLE, &layout.zero);
  LONGLONG blank = 0;
  if (layout.bits > 0 && optional("BLANK", TLONGLONG, &blank)) layout.blank = static_cast<std::int64_t>(blank);
  return layout;
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

void read_cards(fitsfile* file, const std::string& path, OpenImage* image) {
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

OpenImage open_image(const std::string& path) {
  const FileIdentity identity = check_is_fits(path);
  FitsHandle file;
  int status = 0;
  fits_open_diskfile(file.address(), path.c_str(), READONLY, &status);
  check(status, path, "the header");

  OpenImage image;
  image.axes = read_axes(file, path);
  image.pixels = std::make_shared<FitsPixels>(path, identity, read_layout(file, path, image.axes, identity));
  read_cards(file, path, &image);
  return image;
}

ImageFile read_image(const std::string& path) {
  OpenImage image = open_image(path);
  const std::size_t ny = image.axes[1], nx = image.axes[0];
  auto pixels = NdArray<float, 2>::uninitialized({ny, nx});
  image.pixels->read({0, nx, 0, ny}, pixels.data(), nx);
  return {std::move(pixels), std::move(image.axes), std::move(image.cards), std::move(image.history)};
}

}  // namespace contimg::fits
