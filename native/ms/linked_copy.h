#pragma once

#include <string>

namespace contimg::ms {

/// Copies the folder of a table, subtables and all, to a place where nothing is. The files of tiled columns, nearly all
/// of its bytes, are not copied but get a second name, where the file system has such: whoever writes into those
/// columns of the copy changes the original.
/// @throws Error{FILE_ACCESS, DISK_FULL}
void make_linked_copy(const std::string& from, const std::string& to);

}  // namespace contimg::ms
