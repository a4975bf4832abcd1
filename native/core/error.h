#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace contimg {

/// The literal codes that native code may raise; src/core/errors.ts holds one class for each.
namespace code {
inline constexpr const char* kInvalidArgument = "INVALID_ARGUMENT";
inline constexpr const char* kFileAccess = "FILE_ACCESS";
inline constexpr const char* kDiskFull = "DISK_FULL";
inline constexpr const char* kOutputExists = "OUTPUT_EXISTS";
inline constexpr const char* kUvh5Format = "UVH5_FORMAT";
inline constexpr const char* kInconsistentGroup = "INCONSISTENT_GROUP";
inline constexpr const char* kIncompleteGroup = "INCOMPLETE_GROUP";
inline constexpr const char* kMeasurementSet = "MEASUREMENT_SET";
inline constexpr const char* kCalibrationTable = "CALIBRATION_TABLE";
inline constexpr const char* kFitsFormat = "FITS_FORMAT";
inline constexpr const char* kNoValidData = "NO_VALID_DATA";
inline constexpr const char* kMosaic = "MOSAIC";
inline constexpr const char* kInternal = "INTERNAL";
}  // namespace code

/// A failure with a literal code. The message says what was expected, what came and what to do;
/// `path` names the file concerned, empty where there is none.
class Error : public std::runtime_error {
 public:
  Error(const char* code, const std::string& message, std::string path = {})
      : std::runtime_error(message), code_(code), path_(std::move(path)) {}
  const char* code() const noexcept { return code_; }
  const std::string& path() const noexcept { return path_; }

  /// Numbers that a program may act on, by the names of the properties that JS sees.
  const std::vector<std::pair<const char*, double>>& numbers() const noexcept { return numbers_; }
  Error with(const char* name, double value) && {
    numbers_.emplace_back(name, value);
    return std::move(*this);
  }

 private:
  const char* code_;
  std::string path_;
  std::vector<std::pair<const char*, double>> numbers_;
};

/// Thrown by JobContext::checkpoint after the caller cancelled the job. Not an Error: nothing failed.
struct Cancelled {};

}  // namespace contimg
