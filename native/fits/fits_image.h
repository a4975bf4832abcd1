#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/job_context.h"
#include "core/nd_array.h"
#include "core/pixel_access.h"

namespace contimg::fits {

/// One header card. Text must be printable ASCII; text longer than a card is continued (CONTINUE convention).
/// A double is written with the fewest digits, at least 15, that read back to the same bits.
struct Card {
  std::string key;
  std::variant<std::string, double, std::int64_t, bool> value;
  std::string comment;
};

/// How pixels are stored: as they are, or as integers from 0 on that are no larger than an unsigned byte or a signed
/// 16-bit integer holds.
enum class PixelType { kFloat, kByte, kShort };

/// Writes an image as write_image does, some rows at a time, without ever holding more of it.
class ImageWriter final : public PixelSink {
 public:
  /// Takes the room on the disk. Nothing stands at `path` until commit().
  /// @param spare_history  lines that add_history() may add: blank cards until it does
  ImageWriter(const std::string& path, std::size_t nx, std::size_t ny, const std::vector<Card>& cards,
              const std::vector<std::string>& history, bool overwrite, PixelType type = PixelType::kFloat,
              std::size_t spare_history = 0);
  ~ImageWriter() override;

  void write(std::size_t y, std::size_t n_rows, const float* rows) override;
  /// What is known only when the pixels are; at most 72 characters a line.
  void add_history(const std::vector<std::string>& history);
  /// Puts the file at its path. Every row must have been written.
  void commit();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// A FITS file with one image in its primary HDU.
struct ImageFile {
  NdArray<float, 2> pixels;          ///< (ny, nx), NaN where blank
  std::vector<std::size_t> axes;     ///< NAXIS1, NAXIS2, ...: all but the first two are 1
  std::vector<Card> cards;           ///< in the order of the file, without HISTORY, COMMENT and blank cards
  std::vector<std::string> history;  ///< at most 72 characters each
};

/// Writes a 32-bit float image with axes (nx, ny, 1, 1), as radio software expects it: x, y, frequency, Stokes.
/// The same arguments give the same bytes. See write_atomically for what stands at `path` when.
///
/// @param pixels   (ny, nx), NaN where there is no value
/// @param history  at most 72 characters each
/// @throws Error{OUTPUT_EXISTS, DISK_FULL, FILE_ACCESS}; Error{INVALID_ARGUMENT} on a card that FITS cannot hold
/// Memory: small.
void write_image(const std::string& path, NdView<const float, 2> pixels, const std::vector<Card>& cards,
                 const std::vector<std::string>& history, bool overwrite);

/// A FITS file whose pixels have not been read yet; fields as in ImageFile.
struct OpenImage {
  std::shared_ptr<const PixelSource> pixels;  ///< opens the file for every read, and throws where it has been changed
  std::vector<std::size_t> axes;
  std::vector<Card> cards;
  std::vector<std::string> history;
};

/// Reads the header of the image in the primary HDU. Throws what read_image throws.
OpenImage open_image(const std::string& path);

/// Reads the image in the primary HDU: any BITPIX, scaled by BSCALE and BZERO, BLANK as NaN.
///
/// @throws Error{FILE_ACCESS}; Error{FITS_FORMAT} not FITS, truncated, no image, or an image of more than two axes
///         that are longer than 1
ImageFile read_image(const std::string& path);

}  // namespace contimg::fits
