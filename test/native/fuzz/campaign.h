#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base_files.h"
#include "dice.h"
#include "readings.h"

namespace contimg::fuzz {

/// A run of numbered mutations.
struct Campaign {
  std::string folder;  ///< of mutated files and of the children's logs
  std::vector<BaseFile> base_files;
  std::uint64_t seed = 1, first = 0, count = 1000, jobs = 2;

  /// The bytes of a mutation, made with the help of a file `scratch`. `done` tells what was done to which file.
  /// Every 1000th is intact.
  Bytes mutation(std::uint64_t number, const std::string& scratch, std::string& done) const;
  const BaseFile& base_of(std::uint64_t number) const;

  /// Writes bytes to `path`, reads them in every way, and removes the file.
  void read(std::uint64_t number, const Bytes& bytes, const std::string& path, Verdicts& verdicts,
            const std::function<void(Reading)>& enter, const std::function<void(const std::string&)>& problem) const;
};

/// Reads all mutations in child processes, and starts another child after one that died. Prints what came of it as one
/// line of JSON; whether all is well.
bool run(const Campaign& campaign);

}  // namespace contimg::fuzz
