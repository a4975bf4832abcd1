#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dice.h"
#include "uvh5/read_uvh5.h"

namespace contimg::fuzz {

/// An intact file that imaging accepts: 4 antennas, 3 integrations, 8 channels, 2 polarizations.
struct BaseFile {
  std::string name;  ///< how its data lie
  Bytes bytes;
  std::shared_ptr<const Uvh5Data> intact;  ///< what is in it
};

/// One file for each way in which visibilities, flags and nsamples may lie in a file.
/// @param folder  for a file that is made and removed again
std::vector<BaseFile> make_base_files(const std::string& folder);

}  // namespace contimg::fuzz
