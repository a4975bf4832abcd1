#pragma once

#include <string>

#include "dice.h"

namespace contimg::fuzz {

/// Damages bytes as disks, networks and fuzzers do: bits, runs, lengths, numbers, and addresses that lead elsewhere.
/// Returns what was done.
std::string mutate_bytes(Bytes& bytes, Dice& dice);

/// Makes a file that libhdf5 itself writes and that is not what it should be: types, shapes, chunks, filters, links,
/// storage. Returns what was done.
/// @param scratch  path of a file that is made and removed again
std::string mutate_structure(Bytes& bytes, const std::string& scratch, Dice& dice);

}  // namespace contimg::fuzz
