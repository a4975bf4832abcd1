#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "dice.h"
#include "uvh5/read_uvh5.h"

namespace contimg::fuzz {

/// What reads a mutated file, in this order.
enum class Reading { kNone, kHeader, kPart, kAll, kGroup, kOracle };
const char* name_of(Reading reading);

struct Verdicts {
  std::size_t refused = 0;      ///< readings that ended in a typed error that names the file
  std::size_t correct = 0;      ///< readings that gave what libhdf5 gives
  std::size_t recovered = 0;    ///< readings with values of the intact file, or fill values, where libhdf5 differs
  std::size_t unconfirmed = 0;  ///< readings of files that libhdf5 refuses
  std::size_t most_part_bytes = 0, most_bytes = 0;  ///< held by a reading, beyond what it gave
};

/// Reads a file in every way and compares what comes back with what libhdf5 says, or with the intact file: libhdf5
/// takes chunks for unwritten that it does not find in a damaged index.
/// @param enter    called before each reading
/// @param problem  called with what is wrong: values, errors without type, memory
void read_in_every_way(const std::string& path, const Uvh5Data& intact, Dice& dice, Verdicts& verdicts,
                       const std::function<void(Reading)>& enter,
                       const std::function<void(const std::string&)>& problem);

}  // namespace contimg::fuzz
