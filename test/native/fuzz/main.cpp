/// Reads mutated UVH5 files in child processes, under AddressSanitizer and UndefinedBehaviorSanitizer.
///
///   contimg_fuzz FOLDER [--seed S] [--first N] [--count N] [--jobs N]   reads mutations N, N + 1, ...; a line of JSON
///   contimg_fuzz FOLDER [--seed S] --only N                             reads one, in this process, and says all
///   contimg_fuzz FOLDER [--seed S] [--first N] [--count N] --keep       writes mutations to N.hdf5, ... and reads none
///
/// FOLDER is for files and logs; best in memory. A mutation follows from seed and number alone.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <map>
#include <string>

#include "base_files.h"
#include "campaign.h"
#include "core/error.h"
#include "memory_meter.h"
#include "scratch_file.h"

extern "C" {
// The library and its caller see a failed allocation where a file names an absurd size; the log tells of it.
const char* __asan_default_options() {
  return "detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=512:abort_on_error=1:quarantine_size_mb=16";
}
const char* __ubsan_default_options() { return "print_stacktrace=1:halt_on_error=1:abort_on_error=1"; }
}

using namespace contimg;
using namespace contimg::fuzz;

namespace {

Campaign parse(int argc, char** argv, std::map<std::string, bool>& modes) {
  Campaign campaign;
  campaign.folder = argv[1];
  for (int i = 2; i < argc; ++i) {
    const std::string key = argv[i];
    if (key == "--keep") {
      modes["keep"] = true;
      continue;
    }
    if (i + 1 == argc) throw std::runtime_error("Expected a number after " + key);
    const std::uint64_t value = std::strtoull(argv[++i], nullptr, 10);
    if (key == "--seed")
      campaign.seed = value;
    else if (key == "--first" || key == "--only")
      campaign.first = value;
    else if (key == "--count")
      campaign.count = value;
    else if (key == "--jobs")
      campaign.jobs = value;
    else
      throw std::runtime_error("Expected --seed, --first, --count, --jobs, --only or --keep but received " + key);
    if (key == "--only") modes["only"] = true;
  }
  return campaign;
}

void keep_files(const Campaign& campaign) {
  for (std::uint64_t number = campaign.first; number < campaign.first + campaign.count; ++number) {
    std::string done;
    const std::string path = campaign.folder + "/" + std::to_string(number) + ".hdf5";
    const Bytes bytes = campaign.mutation(number, path, done);
    write_file(path, bytes);
    std::cout << number << "\t" << done << "\n";
  }
}

void read_one(const Campaign& campaign) {
  install_memory_meter();
  std::string done;
  const std::string path = campaign.folder + "/one.hdf5";
  const Bytes bytes = campaign.mutation(campaign.first, path, done);
  std::cout << done << std::endl;
  Verdicts verdicts;
  campaign.read(
      campaign.first, bytes, path, verdicts, [](Reading reading) { std::cout << name_of(reading) << std::endl; },
      [](const std::string& problem) { std::cout << "PROBLEM " << problem << std::endl; });
  std::cout << verdicts.refused << " refused, " << verdicts.correct << " correct, " << verdicts.recovered
            << " recovered, " << verdicts.unconfirmed << " unconfirmed, held " << verdicts.most_part_bytes << " and "
            << verdicts.most_bytes << " bytes\n";
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) throw std::runtime_error("Expected a folder");
  std::map<std::string, bool> modes;
  Campaign campaign = parse(argc, argv, modes);
  campaign.base_files = make_base_files(campaign.folder);
  if (modes["keep"]) {
    keep_files(campaign);
    return 0;
  }
  if (modes["only"]) {
    read_one(campaign);
    return 0;
  }
  return run(campaign) ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 2;
}
