#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arguments.h"
#include "fits/fits_image.h"

namespace contimg::bindings {

/// A FITS file to be written: {path, cards, history, overwrite}.
struct FitsTarget {
  std::string path;
  std::vector<fits::Card> cards;
  std::vector<std::string> history;
  bool overwrite = false;

  std::unique_ptr<fits::ImageWriter> open(std::size_t nx, std::size_t ny,
                                          fits::PixelType type = fits::PixelType::kFloat,
                                          std::size_t spare_history = 0) const {
    return std::make_unique<fits::ImageWriter>(path, nx, ny, cards, history, overwrite, type, spare_history);
  }
};

FitsTarget fits_target(const Napi::Object& object);

}  // namespace contimg::bindings
