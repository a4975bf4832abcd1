#pragma once

#include <fitsio.h>

#include <string>

namespace contimg::fits {

/// cfitsio's message for a status, with what it noted on its error stack, which is emptied.
inline std::string cfitsio_message(int status) {
  char text[FLEN_ERRMSG] = {};
  fits_get_errstatus(status, text);
  std::string message = text;
  while (fits_read_errmsg(text) != 0) message += std::string("; ") + text;
  return message;
}

/// Owns an open file; closing it cannot fail in a way that matters, since writes go to memory.
class FitsHandle {
 public:
  FitsHandle() = default;
  ~FitsHandle() { close(); }
  FitsHandle(const FitsHandle&) = delete;
  FitsHandle& operator=(const FitsHandle&) = delete;

  fitsfile** address() { return &file_; }
  operator fitsfile*() const { return file_; }  // NOLINT: cfitsio's functions take it
  void close() {
    int status = 0;
    if (file_) fits_close_file(file_, &status);
    file_ = nullptr;
    if (status) fits_clear_errmsg();
  }

 private:
  fitsfile* file_ = nullptr;
};

}  // namespace contimg::fits
